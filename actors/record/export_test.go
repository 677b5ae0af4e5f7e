package record

func DecodeEncode(name string, c []byte, cfg Config) (func(), func()) {
	f, _ := parseName(name)
	r, err := decode(&f, c, cfg.Geometry, everything)
	if err != nil {
		panic(err)
	}
	return func() { decode(&f, c, cfg.Geometry, everything) }, func() { r.encode(cfg.Geometry) }
}
