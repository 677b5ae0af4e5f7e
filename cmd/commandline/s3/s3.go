// Package s3 reads how an S3 server is reached from the variables and the file that the tools of S3
// have in common. The server and pixelctl use it.
package s3

import (
	"cmp"
	"os"
	"path/filepath"

	"pixelplayground/actors/store/bucket"
)

// Config is how the server at an endpoint is reached; empty: at the endpoint that the environment
// names.
func Config(endpoint string) bucket.Config {
	return bucket.Config{
		Endpoint:     cmp.Or(endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL")),
		Region:       cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		AccessKey:    os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretKey:    os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
		KeysFile:     keysFile(),
		Profile:      os.Getenv("AWS_PROFILE"),
	}
}

// keysFile is where AWS' tools keep keys, if there is such a file.
func keysFile() string {
	if named := os.Getenv("AWS_SHARED_CREDENTIALS_FILE"); named != "" {
		return named
	}
	home, err := os.UserHomeDir()
	path := filepath.Join(home, ".aws", "credentials")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return "" // the user has none
	}
	return path
}
