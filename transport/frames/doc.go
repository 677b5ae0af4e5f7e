// Package frames is what clients are sent, as whole WebSocket frames in either protocol. What many
// connections are shown alike (pixels, who is here, snapshots) is encoded once, by the first that
// needs it. When and to whom it is written is decided by transport.
package frames
