package answer

// How many bytes the body of a request may have. There are two limits elsewhere: that of an act of the rules is
// rules.MaxAct, since an act is bounded wherever it comes from, and that of a mask depends on the canvas.
const (
	MaxPixelBody  = 64 << 10 // one pixel; clients add fields of their own
	MaxPixelsBody = 1 << 20  // a list of pixels: decoded, it can take 50 times as much memory
	MaxFormBody   = 4 << 10  // what people fill in: a login, a key, a report
	MaxAdminBody  = 8 << 10  // what an operator asks of a pod, such as an announcement
)
