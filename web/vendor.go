package web

import _ "embed" // for go:embed of single files

//go:embed vendor/uplot/uPlot.iife.min.js
var uplotJS string

//go:embed vendor/uplot/uPlot.min.css
var uplotCSS string

//go:embed vendor/uplot/LICENSE
var uplotLicence string

// UPlot is the plotting library uPlot (vendor/uplot/VERSION), for pages that show
// quantities over time: a classic script that defines the global uPlot, with its licence
// as a comment in front, which every copy must carry; and its style.
func UPlot() (js, css string) { return "/*\n" + uplotLicence + "*/\n" + uplotJS, uplotCSS }
