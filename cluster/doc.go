// Package cluster makes pods one canvas. It knows who is a member and who owns which region, and
// implements actors.Placement. What a region or a relay does when its place changes is up to them.
// How messages get from one pod to another is in cluster/peer, which makes the actor system that
// actors.Node runs in. cmd/playground wires it.
//
// Membership is gossip (memberlist). Each process is a member under an id of its own, and a member
// that was taken for dead never returns under that id. A pod that was paused or cut off finds out,
// takes everything it owned out of its own view, and comes back as a new member. Placement is
// rendezvous hashing over the ids of the view's members, so pods need to agree on nothing but the
// view. While two pods' views differ, the store's epochs decide who may write.
package cluster
