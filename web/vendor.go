package web

import _ "embed" // for go:embed of single files

//go:embed vendor/uplot/uPlot.iife.min.js
var uplotJS string

//go:embed vendor/uplot/uPlot.min.css
var uplotCSS string

//go:embed vendor/uplot/LICENSE
var uplotLicence string

// UPlot returns the plotting library uPlot (vendor/uplot/VERSION), for pages that show quantities
// over time. js is a classic script that defines the global uPlot. It begins with the licence as a
// comment, which every copy must carry. css is its style.
func UPlot() (js, css string) { return "/*\n" + uplotLicence + "*/\n" + uplotJS, uplotCSS }
