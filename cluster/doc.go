// Package cluster makes pods one canvas: who is a member, who owns which region, and the
// way messages take from an actor of one pod to an actor of another. It implements
// actors.Placement and makes the actor system that actors.Node runs in; what a region or
// a relay does when its place changes is theirs to decide. cmd/playground wires it.
//
// Membership is gossip (memberlist). A process is a member under an id of its own, and a
// member seen dead never returns under its id: one that was paused or cut off finds out
// and comes back as a new member, having first taken all it owned out of its own view.
// Placement is rendezvous hashing over the ids of the view's members, so it needs no
// agreement beyond the view; where two pods' views differ for a moment, the store's epochs
// decide who may write.
package cluster
