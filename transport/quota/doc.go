// Package quota is what strangers may take of what all share, for a connection and for its
// network: memory, connections, and bytes of the canvas. A network that takes its share and wants
// more is refused or waits, and others do not notice. Package quota counts and says yes or no; what
// to do about a no is decided by its callers: transport, transport/upgrade and transport/api.
package quota
