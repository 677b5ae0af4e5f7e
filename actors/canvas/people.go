package canvas

// User is a connected client by its public id and display name (empty: none was set).
type User struct {
	Author Author
	Name   string
}

// ViewerID names one connection among those of its pod: whom pixels are shown to.
type ViewerID uint64

// PointerGone is the coordinate of a pointer that has left the canvas.
const PointerGone = 0xFFFF

// Pointer is where a user's cursor is, in canvas coordinates; PointerGone, PointerGone: nowhere.
type Pointer struct {
	Author Author
	X, Y   uint16
}
