package settings

import (
	"net/url"
	"strings"
	"time"

	"pixelplayground/transport/auth/openid"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth"
)

// PeopleOptions are about who may do what, and how people say who they are.
type PeopleOptions struct {
	PublicUrl  string `group:"people" placeholder:"URL" help:"Where browsers find the page, for example https://example.org/canvas/, if that is not where they ask this server: below a path, or behind a proxy that does not pass on Host and the scheme. The sign-in service must know its auth/callback."`
	SignIn     string `group:"people" placeholder:"WHEN" default:"optional" help:"optional, or required: only who is a member may look and draw. It is short for draw member and watch member."`
	Draw       string `group:"people" placeholder:"ROLE" default:"guest" help:"Who may draw: guest (everybody), member or moderator, and whoever is more."`
	Watch      string `group:"people" placeholder:"WHO" default:"everyone" help:"Who may look at the canvas: everyone or member."`
	RolesClaim string `group:"people" placeholder:"PATH" help:"Claim by which the sign-in service, or a site's token, says what an account is: groups, or with dots what is within another, as realm_access.roles. It may be a string, several separated by spaces, a list, or an object by its keys."`
	Members    string `group:"people" placeholder:"VALUE,..." help:"Values of that claim that make a member. Without any, whoever signs in is one."`
	Moderators string `group:"people" placeholder:"VALUE,..." help:"Values that make a moderator."`
	Owners     string `group:"people" placeholder:"VALUE,..." help:"Values that make an owner."`

	OidcIssuer           string `group:"people" placeholder:"URL" help:"Lets people sign in with this OpenID provider, for example https://accounts.google.com. The server starts without it, and asks it when somebody wants to sign in."`
	OidcClientId         string `group:"people" placeholder:"TEXT" help:"What the provider calls this canvas."`
	OidcClientSecret     string `group:"people" placeholder:"SECRET" help:"The secret that goes with it, unless it is a public client. Give it in the environment."`
	OidcClientSecretFile string `group:"people" placeholder:"FILE" help:"File with that secret. It is read again when it changes."`
	OidcScopes           string `group:"people" placeholder:"NAME,..." default:"profile" help:"What to ask the provider for besides openid. Some give groups only for a scope of that name."`
	SignInLasts          string `group:"people" placeholder:"TIME" default:"24h" help:"How long a sign-in lasts. A role that is taken away is lost by then."`

	JwtJwks       string `group:"people" placeholder:"URL" help:"Takes JSON Web Tokens that a site's own backend signs, for pages that show the canvas to people whom the site knows: URL of its public keys, a JSON Web Key Set. It is read every ten minutes."`
	JwtSecret     string `group:"people" placeholder:"SECRET" help:"Secret of the tokens instead of public keys, for HS256: at least 32 characters. Give it in the environment."`
	JwtSecretFile string `group:"people" placeholder:"FILE" help:"File with that secret. It is read again when it changes."`
	JwtIssuer     string `group:"people" placeholder:"TEXT" help:"What must be in the tokens as iss. Needed with the above."`
	JwtAudience   string `group:"people" placeholder:"TEXT" help:"What must be in them as aud, or among it: that they are for this canvas. Needed too."`
}

// People is PeopleOptions, parsed and checked.
type People struct {
	SignIn           auth.SignInConfig
	Tokens           openid.TokenConfig
	Rights           auth.Rights
	ClientSecretFile SecretFile
	TokenSecretFile  SecretFile
}

const (
	shortestSignIn = time.Minute
	longestSignIn  = 31 * 24 * time.Hour
)

// people parses the options. Errors don't show secrets.
func (r *reader) people(o PeopleOptions) (p People) {
	mapping := openid.Roles{Claim: o.RolesClaim, Members: values(o.Members), Moderators: values(o.Moderators), Owners: values(o.Owners)}
	if o.RolesClaim == "" && o.Members+o.Moderators+o.Owners != "" {
		r.refuse("roles-claim", "", "must name the claim that the members, moderators and owners are known by", "groups")
	}
	p.SignIn = auth.SignInConfig{
		Issuer: o.OidcIssuer, ClientID: o.OidcClientId, ClientSecret: o.OidcClientSecret, Scopes: values(o.OidcScopes), Roles: mapping,
		PublicURL: r.web("public-url", o.PublicUrl, "https://example.org/"), Lasts: r.signInLasts(o.SignInLasts),
	}
	r.web("oidc-issuer", o.OidcIssuer, "https://accounts.google.com")
	switch {
	case o.OidcIssuer != "" && o.OidcClientId == "":
		r.refuse("oidc-client-id", "", "must be set with oidc-issuer", "canvas")
	case o.OidcIssuer == "" && o.OidcClientId+o.OidcClientSecret+o.OidcClientSecretFile != "":
		r.refuse("oidc-issuer", "", "must be set for people to sign in", "https://accounts.google.com")
	}
	p.Tokens = openid.TokenConfig{JWKS: o.JwtJwks, Secret: o.JwtSecret, Issuer: o.JwtIssuer, Audience: o.JwtAudience, Roles: mapping}
	r.web("jwt-jwks", o.JwtJwks, "https://example.org/.well-known/jwks.json")
	if o.OidcClientSecretFile != "" {
		p.SignIn.ClientSecret, p.ClientSecretFile = secretIn(r, "oidc-client-secret-file", o.OidcClientSecretFile, o.OidcClientSecret, ParsePassword)
	}
	if o.JwtSecretFile != "" {
		p.Tokens.Secret, p.TokenSecretFile = secretIn(r, "jwt-secret-file", o.JwtSecretFile, o.JwtSecret, ParseTokenSecret)
	} else if o.JwtSecret != "" && openid.CheckTokenSecret(o.JwtSecret) != nil {
		r.refuse("jwt-secret", "(hidden)", openid.CheckTokenSecret(o.JwtSecret).Error(), "$(openssl rand -hex 32)")
	}
	r.tokens(p.Tokens)
	p.Rights = r.rights(o, p)
	return p
}

func (r *reader) tokens(t openid.TokenConfig) {
	switch {
	case t.JWKS != "" && t.Secret != "":
		r.refuse("jwt-jwks", t.JWKS, "must not be given with a secret: tokens are signed in one way", "https://example.org/.well-known/jwks.json")
	case t.On() && t.Issuer == "":
		r.refuse("jwt-issuer", "", "must say whose tokens are taken", "https://example.org")
	case t.On() && t.Audience == "":
		r.refuse("jwt-audience", "", "must say for whom the tokens are made", "canvas")
	case !t.On() && t.Issuer+t.Audience != "":
		r.refuse("jwt-jwks", "", "must say where the keys of the tokens are, or jwt-secret what it is", "https://example.org/.well-known/jwks.json")
	}
}

func (r *reader) rights(o PeopleOptions, p People) (rights auth.Rights) {
	draw := r.choice("draw", o.Draw, "guest", "member", "moderator")
	watch := r.choice("watch", o.Watch, "everyone", "member")
	required := r.choice("sign-in", o.SignIn, "optional", "required") == "required"
	if required && p.SignIn.Issuer == "" && !p.Tokens.On() {
		r.refuse("sign-in", o.SignIn, "must have a way to sign in: set oidc-issuer, or take tokens", "optional")
	}
	switch {
	case draw == "moderator":
		rights.Draw = canvas.RoleModerator
	case draw == "member" || required:
		rights.Draw = canvas.RoleMember
	}
	if watch == "member" || required {
		rights.Watch = canvas.RoleMember
	}
	return rights
}

func (r *reader) signInLasts(text string) time.Duration {
	d := r.duration("sign-in-lasts", text, longestSignIn, "24h")
	if d > 0 && d < shortestSignIn {
		r.refuse("sign-in-lasts", text, "must be a minute or more", "24h")
	}
	return d
}

// web is a URL of the web, or nothing.
func (r *reader) web(setting, text, example string) *url.URL {
	u, ok := parseWeb(text)
	if text != "" && (!ok || u.RawQuery != "") {
		r.refuse(setting, withoutUser(text), "must be a URL with https:// (or http://), without user, query and fragment", example)
		return nil
	}
	return u
}

// listed is a URL of the web that may have a query, or nothing.
func (r *reader) listed(setting, text, example string) *url.URL {
	u, ok := parseWeb(text)
	if text != "" && !ok {
		r.refuse(setting, withoutUser(text), "must be a URL with https:// (or http://), without user and fragment", example)
	}
	return u
}

// parseWeb reads a URL of the web without user and fragment; u is nil if it is none.
func parseWeb(text string) (u *url.URL, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return nil, false
	}
	return u, true
}

// withoutUser hides a user and a password in what should be a URL, as far as they may reach.
func withoutUser(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	at := strings.LastIndexByte(rest, '@')
	if !ok || at < 0 {
		return text
	}
	return scheme + "://***" + rest[at:]
}

// values splits a list.
func values(text string) (all []string) {
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// ParseTokenSecret reads one line.
func ParseTokenSecret(text string) (string, error) {
	secret, err := ParsePassword(text)
	if err == nil {
		err = openid.CheckTokenSecret(secret)
	}
	return secret, err
}
