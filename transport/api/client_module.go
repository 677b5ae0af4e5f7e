package api

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"pixelplayground/transport/api/answer"
	"pixelplayground/web/bundle"
)

// The client for programs and for pages of other sites: web/js/client.js as one module, under a name that stays
// and under one that says what is in it.
const (
	clientModule = "client.js"
	clientFiles  = bundle.Folder + "client." // how the names begin under which it may be kept for ever
	clientSource = "js/client.js"
	clientTypes  = "js/client.d.ts"
)

// addClient bundles the client, if there is one.
func (b *bundledPage) addClient(files fs.FS) error {
	module, err := bundle.Module(files, clientSource)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("bundle client: %w", err)
	}
	b.client = bundle.Hashed(clientModule, module)
	b.files[b.client] = answer.NewFile(b.client, module)
	return nil
}

// isClient reports whether a name is one of the client's, of this version of the server or another.
func isClient(name string) bool { return name == clientModule || strings.HasPrefix(name, clientFiles) }

// offerClient lets pages of all origins import the client, and says where its types are and under which name it may be kept.
func (p *pages) offerClient(header http.Header, name string) {
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("X-TypeScript-Types", strings.Repeat("../", strings.Count(name, "/"))+clientTypes)
	if all, err := p.bundled(); err == nil && name == clientModule {
		header.Set("Content-Location", all.client)
	}
}
