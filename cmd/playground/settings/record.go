package settings

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pixelplayground/actors/record"
	"pixelplayground/actors/store/bucket"
)

// RecordOptions are about what is kept of everything that was drawn.
type RecordOptions struct {
	Record       string `group:"record" placeholder:"WHERE" default:"off" help:"Keeps everything that was ever drawn, so that the page can show who placed a pixel and replay the canvas: on for the folder record in the data directory, a directory, s3://BUCKET/PATH for a bucket, or off. It takes 6 to 10 bytes a pixel as a rule. Servers of one cluster must all have the same: a bucket, or a directory that they share."`
	RecordKeep   string `group:"record" placeholder:"AGE,SIZE" help:"How much of it is kept, for example 365d, 100GB or 365d,100GB: what is older, or too much, goes, oldest first. Pictures of the canvas stay, and how much has gone. Default: all is kept."`
	RecordBuffer string `group:"record" placeholder:"PIXELS" default:"400000" help:"Pixels kept per region in the canvas' store while the record can't be written, at up to 150 bytes each. What is more than that and more than log-pixels is missing in the record."`
	S3Endpoint   string `group:"record" name:"s3-endpoint" env:"PLAYGROUND_S3_ENDPOINT" placeholder:"URL" help:"S3 server for s3://, also of backups, for example https://s3.example.org. Default: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, else Amazon's. The keys are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if they are for a while only, AWS_SESSION_TOKEN, else in the file AWS_SHARED_CREDENTIALS_FILE. Without AWS_REGION the server is asked for it."`
}

// Record is RecordOptions, parsed and checked.
type Record struct {
	Where      string        // directory or s3://BUCKET/PATH; empty: nothing is recorded
	Age        time.Duration // 0: however old
	Size       int64         // bytes; 0: however much
	Buffer     int           // pixels per region
	S3Endpoint string
}

// Kept is how many pixels of a region the store keeps until they are recorded; 0: nothing is.
func (r Record) Kept() int {
	if r.Where == "" {
		return 0
	}
	return r.Buffer
}

// Keep is how much of the record is kept.
func (r Record) Keep() record.Keep { return record.Keep{Age: r.Age, Size: r.Size} }

// Bounds of how much is kept: what is less would remove what has just been recorded.
const (
	shortestAge  = time.Hour
	longestAge   = 100 * 365 * day
	smallestSize = 1_000_000
	day          = 24 * time.Hour
)

// record parses the options.
func (r *reader) record(o RecordOptions, c Config) Record {
	to := Record{Where: o.Record, Buffer: r.count("record-buffer", o.RecordBuffer, maxLogPixels, "400000"), S3Endpoint: o.S3Endpoint}
	switch {
	case o.Record == "off":
		to.Where = ""
	case o.Record == "on" && c.Redis != "":
		r.refuse("record", o.Record, "must name a place that all servers of the canvas have, since it is in Redis: a bucket, or a directory that they share", "s3://my-bucket/record")
	case o.Record == "on":
		to.Where = filepath.Join(c.Data, "record")
	case strings.HasPrefix(o.Record, bucket.Scheme):
		if err := bucket.Check(o.Record); err != nil {
			r.refuse("record", o.Record, "must be a bucket and a path in it", "s3://my-bucket/record")
		}
	case o.Record == "" || strings.Contains(o.Record, "://"):
		r.refuse("record", o.Record, "must be off, on, a directory or s3://BUCKET/PATH", "on")
	}
	if o.RecordKeep != "" {
		var ok bool
		if to.Age, to.Size, ok = parseKeep(o.RecordKeep); !ok {
			r.refuse("record-keep", o.RecordKeep, "must be an age of 1h or more, a size of 1MB or more, or both", "365d,100GB")
		} else if to.Where == "" {
			r.refuse("record-keep", o.RecordKeep, "must go with a record, and --record is off", "365d --record on")
		}
	}
	return to
}

// parseKeep reads "365d", "100GB", or both.
func parseKeep(text string) (age time.Duration, size int64, ok bool) {
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if a, isAge := parseAge(part); isAge && age == 0 {
			age = a
		} else if s, isSize := parseSizeInBytes(part); isSize && size == 0 {
			size = s
		} else {
			return 0, 0, false
		}
	}
	return age, size, true
}

// parseAge reads "365d", or a time as Go writes it.
func parseAge(text string) (age time.Duration, ok bool) {
	if days, whole := strings.CutSuffix(text, "d"); whole {
		n, err := strconv.ParseUint(days, 10, 16)
		age, ok = time.Duration(n)*day, err == nil
	} else {
		d, err := time.ParseDuration(text)
		age, ok = d, err == nil
	}
	return age, ok && age >= shortestAge && age <= longestAge
}

// parseSizeInBytes reads "100GB".
func parseSizeInBytes(text string) (size int64, ok bool) {
	for unit, bytes := range map[string]int64{"MB": 1e6, "GB": 1e9, "TB": 1e12} {
		if number, whole := strings.CutSuffix(text, unit); whole {
			n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 20)
			size = int64(n) * bytes
			return size, err == nil && size >= smallestSize
		}
	}
	return 0, false
}
