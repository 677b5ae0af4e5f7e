package wire

import (
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// The fields of messages about rules, as in messages.go.

func rulesDecided(p *packer, m *message.RulesDecided) {
	number(p, &m.First)
	each(p, &m.Acts, bin[[]byte])
	boolean(p, &m.Held)
}

func rulesObeyed(p *packer, m *message.RulesObeyed) {
	number(p, &m.Version)
	each(p, &m.Open, regionID)
	each(p, &m.Held, regionID)
}

func askRules(p *packer, m *message.AskRules) { number(p, &m.After) }

func rulesKnown(p *packer, m *message.RulesKnown) {
	number(p, &m.First)
	each(p, &m.Acts, bin[[]byte])
}

func regionID(p *packer, v *canvas.RegionID) { number(p, v) }
