// Package auth tells who a request is from: it turns what the request shows, cookies, Authorization
// and the address, into a canvas.Person, or into a reason to refuse it. It makes the cookies of
// guests and keeps the secret of the canvas, from which all subjects are derived. It knows HTTP and
// documents, and no actor. transport/upgrade asks it about WebSockets, transport/api about requests.
package auth

import (
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/transport/auth/openid"
	"pixelplayground/transport/quota"
)

// Config is what an operator may choose.
type Config struct {
	Pace        canvas.Pace   // of guests and programs
	Paces       []canvas.Pace // by role; of a role that is not there: Pace
	NetworkPace canvas.Pace   // of all guests of one network together; Rate 0: no limit

	SignIn SignInConfig       // without an issuer nobody signs in
	Tokens openid.TokenConfig // without keys and a secret none is taken
	Rights Rights

	Templates bool // the server lists templates, which those who may watch may ask for
	Record    bool // there is a record of what was drawn, which those who may watch may ask
}

// Shown is what a request shows of whom it is from.
type Shown struct {
	From          netip.Addr // the client, who may be behind a proxy
	Cookies       []string   // the values of the Cookie fields
	Authorization []string   // the values of the Authorization fields
	Foreign       bool       // it is the page of another site that asks, so the browser's cookies are not its word
	Hello         bool       // its first message may show a token
}

// Refusal is why a request is nobody's.
type Refusal struct {
	Status int           // of HTTP
	Text   string        // for people
	Retry  time.Duration // when to try again; 0: that is no use
	Ban    *Ban          // nil: that is not why
}

func (r *Refusal) Error() string { return r.Text }

// People knows who is who on a canvas. Its methods may be called from any goroutine.
type People struct {
	cfg    Config
	papers store.Documents
	now    func() time.Time
	log    *slog.Logger

	keys        atomic.Pointer[keys] // nil: the secret of the canvas isn't known yet
	provisional *keys                // for programs until then; they end with the process

	signIn       *SignIn        // nil: off
	tokens       *openid.Tokens // nil: off
	tokenRoles   *tokenRoles
	sessionRoles *tokenRoles // what sign-ins said that are still valid
	bots         *bots
	makers       makers
	ended        *ended
	told         quota.Refusals
	ends         Ends
	left         Allowances // nil: not known here
	judge        Judge
	audit        func(r *http.Request, text string)
}

// New makes People and asks nobody. papers keeps what must outlive the pod.
func New(cfg Config, papers store.Documents, now func() time.Time, log *slog.Logger) *People {
	if now == nil {
		now = time.Now
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var secret [secretBytes]byte
	rand.Read(secret[:]) // never fails: see crypto/rand
	p := &People{cfg: cfg, papers: papers, now: now, log: log, provisional: newKeys(secret[:]), judge: noJudge{}, audit: func(*http.Request, string) {}}
	p.told = quota.NewRefusals(log, now)
	p.ended = newEnded(papers, now, log, p.endEverywhere)
	p.bots = newBots(papers, p.ended, now)
	p.tokenRoles, p.sessionRoles = newTokenRoles(now), newTokenRoles(now)
	if cfg.SignIn.Issuer != "" {
		p.signIn = newSignIn(cfg.SignIn, papers, p.ended, p.seals, now, log)
		p.signIn.signedIn = p.signedIn
	}
	if cfg.Tokens.On() {
		p.tokens = openid.NewTokens(cfg.Tokens, now)
	}
	return p
}

// seals are the keys for the cookies of accounts; nil: not known yet.
func (p *People) seals() *seals {
	if keys := p.keys.Load(); keys != nil {
		return keys.seals
	}
	return nil
}

// UseClientSecret replaces the secret that the OpenID provider knows the canvas by.
func (p *People) UseClientSecret(secret string) {
	if p.signIn != nil {
		p.signIn.UseClientSecret(secret)
	}
}

// UseTokenSecret replaces the secret that tokens are signed with.
func (p *People) UseTokenSecret(secret string) {
	if p.tokens != nil {
		p.tokens.UseTokenSecret(secret)
	}
}

// Identify tells who a request is from. It takes microseconds, and asks nobody; only a key that is not
// remembered is looked for in the store, for storeTimeout at most.
//
// A browser is a guest by its cookie. A program without cookie counts as its network. It keeps the
// public id of its session, since many programs may share a network and have names of their own.
func (p *People) Identify(shown Shown) (canvas.Person, *Refusal) {
	person, refused := p.whoever(shown)
	if refused != nil {
		return person, refused
	}
	return p.withRights(p.located(person, shown.From), shown)
}

// located says where a person is. The network is not known before the secret of the canvas is.
func (p *People) located(person canvas.Person, from netip.Addr) canvas.Person {
	if !from.IsValid() {
		return person
	}
	person.Address = from.As16()
	if keys := p.keys.Load(); keys != nil && !person.Unsure {
		person.From = keys.networkID(from)
	}
	return person
}

func (p *People) whoever(shown Shown) (canvas.Person, *Refusal) {
	keys := p.keys.Load()
	if keys == nil {
		if shown.guest() || p.showsAccount(shown) {
			return canvas.Person{}, notYet()
		}
		person := p.program(p.provisional, shown.From)
		person.Unsure, person.Login = true, unsureLogin
		return person, nil
	}
	if person, refused := p.account(shown, keys); refused != nil {
		return canvas.Person{}, refused
	} else if person != nil {
		return *person, nil
	}
	if id, ok := keys.guestIn(shown.Cookies, p.now()); ok && !shown.Foreign {
		person := canvas.Person{Kind: canvas.Guest, Subject: keys.subject(canvas.Guest, id[:]), Pace: p.cfg.Pace}
		person.User = person.Subject.User(canvas.Guest)
		person.Network, person.NetworkPace = keys.guestsOf(shown.From), p.cfg.NetworkPace
		return person, nil
	}
	return p.program(keys, shown.From), nil
}

// unsureLogin stands for the login of programs that came before the secret of the canvas was known. It
// ends when the secret is, so that they come again under their own subject.
const unsureLogin = "unsure"

func (p *People) program(keys *keys, from netip.Addr) canvas.Person {
	return canvas.Person{Kind: canvas.Program, Subject: keys.network(from), Pace: p.cfg.Pace}
}

// network is the subject of an address's network.
func (k *keys) network(from netip.Addr) canvas.Subject {
	text, _ := quota.NetworkOf(from).MarshalText() // never fails
	return k.subject(canvas.Program, text)
}

// networkID names an address's network for good, whoever draws there.
func (k *keys) networkID(from netip.Addr) canvas.NetworkID {
	return k.named(quota.NetworkOf(from))
}

func (k *keys) named(network netip.Prefix) canvas.NetworkID {
	text, _ := network.MarshalText() // never fails
	var id [8]byte
	copy(id[2:], sum(k.networks, text))
	return max(canvas.NetworkID(binary.BigEndian.Uint64(id[:])), 1) // 0 is none
}

// Around names what one stranger may have all of: an IPv4 address, or an IPv6 /48 with its 65,536 networks. 0: that can't be told yet.
func (p *People) Around(address canvas.Address) canvas.NetworkID {
	const site = 48 // bits
	keys, network := p.keys.Load(), quota.NetworkOf(netip.AddrFrom16(address))
	if keys == nil || network.Addr().IsUnspecified() {
		return 0
	}
	if network.Bits() > site && network.Addr().Is6() {
		network = netip.PrefixFrom(network.Addr(), site).Masked()
	}
	return keys.named(network)
}

// guestsOf is the subject of all guests of an address's network together. It is not that of the
// network's programs: one allowance has one pace, and theirs is another.
func (k *keys) guestsOf(from netip.Addr) canvas.Subject {
	text, _ := quota.NetworkOf(from).MarshalText() // never fails
	return k.subject(canvas.Program, append([]byte("guests of "), text...))
}
