package message

import "pixelplayground/actors/canvas"

// Act asks an inspector for what an operator wants of its pod. Answered with Acted.
type Act struct {
	Do         string // one of those below
	Who        string // address of the operator
	At         int64  // Unix milliseconds, of the operator's request
	Target     string // for people: the pod, region or connection
	Region     canvas.RegionID
	Connection canvas.ViewerID
	Text       string // of the announcement
}

// What an operator can ask.
const (
	ActDrain      = "drain"      // the pod hands everything over and ends
	ActHandOver   = "handover"   // the pod takes a region over
	ActDisconnect = "disconnect" // the pod closes a connection
	ActDismiss    = "dismiss"    // the pod closes all connections of the person whose subject is Text
	ActAnnounce   = "announce"   // the pod shows a line to its users
	ActLogout     = "logout"     // the pod no longer accepts a session of the dashboard, Text
	ActEndLogin   = "endlogin"   // the gateway no longer accepts a sign-in, token or key, and ends its connections: Text is for auth.People.End
	ActVouch      = "vouch"      // the pod says whether it accepts a session: asked by a pod that has started since
)

// Acted answers Act; Error is empty if the act was done.
type Acted struct{ Error string }
