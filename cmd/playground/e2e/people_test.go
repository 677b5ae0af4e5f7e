//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"pixelplayground/codec"
	"pixelplayground/transport/auth/openidtest"
)

// provided starts an OpenID provider, with which people sign in to servers that are started afterwards.
func provided(t *testing.T) {
	t.Helper()
	provider := openidtest.Start(t)
	for name, value := range map[string]string{
		"OIDC_ISSUER": provider.Issuer, "OIDC_CLIENT_ID": openidtest.ClientID, "OIDC_CLIENT_SECRET": openidtest.ClientSecret, "ROLES_CLAIM": "groups", "MODERATORS": "moderators",
	} {
		t.Setenv("PLAYGROUND_"+name, value)
	}
}

// answered is what a server says to a request.
type answered struct {
	status  int
	to      string // where the browser is sent
	cookies []*http.Cookie
	body    string
}

// request asks a server as a browser that has cookies, without following where it is sent.
func request(method, url, body string, header http.Header, cookies ...*http.Cookie) (a answered, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	if header != nil {
		r.Header = header
	}
	for _, one := range cookies {
		r.AddCookie(one)
	}
	still := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := still.Do(r)
	if err != nil {
		return a, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answered{answer.StatusCode, answer.Header.Get("Location"), answer.Cookies(), string(text)}, err
}

// signIn signs in to a server as an account, and returns the session.
func signIn(t *testing.T, s *server, account string) *http.Cookie {
	t.Helper()
	begun, err := request("GET", s.url+"/auth/login", "", nil)
	if err != nil || begun.status != http.StatusSeeOther {
		t.Fatalf("%+v, %v", begun, err)
	}
	callback, err := openidtest.SignIn(&http.Client{}, begun.to, account)
	if err != nil {
		t.Fatal(err)
	}
	done, err := request("GET", callback, "", nil, begun.cookies...)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range done.cookies {
		if cookie.Name == "pp_session" {
			return cookie
		}
	}
	t.Fatalf("no session: %+v", done)
	return nil
}

// person is what /api/me says.
type person struct{ Kind, Role, User string }

func (s *server) who(cookies ...*http.Cookie) (p person, err error) {
	said, err := request("GET", s.url+"/api/me", "", nil, cookies...)
	if err == nil {
		err = json.Unmarshal([]byte(said.body), &p)
	}
	return p, err
}

// listen connects with a header, and returns the code that the connection is closed with in the end.
func listen(t *testing.T, s *server, header http.Header) <-chan ws.StatusCode {
	t.Helper()
	dialer := ws.Dialer{Header: ws.HandshakeHeaderHTTP(header), Protocols: []string{codec.Subprotocol}, Timeout: 10 * time.Second}
	conn, _, _, err := dialer.Dial(t.Context(), s.ws())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := wsutil.WriteClientBinary(conn, codec.AppendHello(nil, codec.Hello{})); err != nil {
		t.Fatal(err)
	}
	first, err := wsutil.ReadServerBinary(conn)
	if m, bad := codec.DecodeServer(first); err != nil || bad != nil {
		t.Fatalf("%+v, %v, %v", m, err, bad)
	}
	closed := make(chan ws.StatusCode, 1) // sent to once
	go func() {
		for {
			if _, err := wsutil.ReadServerBinary(conn); err != nil {
				var end wsutil.ClosedError
				errors.As(err, &end)
				closed <- end.Code
				return
			}
		}
	}()
	return closed
}

// endsSoon is far more than a login takes to end its connections, on a computer that does nothing else.
const endsSoon = 5 * time.Second

// endsWithin fails the test unless a connection ends soon because its login has.
func endsWithin(t *testing.T, what string, limit time.Duration, closed <-chan ws.StatusCode) {
	t.Helper()
	began := time.Now()
	if code := soon(t, what, closed); code != ws.StatusCode(codec.CloseEnded) {
		t.Errorf("%s: closed with %d", what, code)
	}
	took := time.Since(began)
	t.Logf("%s: connection closed after %v", what, took)
	if took > limit {
		t.Errorf("%s: took %v", what, took)
	}
}

// Goal: a session is worth the same on every gateway and outlives them, and its end is the end of its
// connections everywhere, usually within milliseconds; the same for a key. Method: a real OpenID provider, two
// gateways, one of which is killed, and connections on the other.
func TestPeople_SessionsOutliveGateways(t *testing.T) {
	provided(t)
	p := startPods(t, 2, 1, operators()...)
	here, there := p.gateways[0], p.gateways[1]
	session := signIn(t, here, openidtest.Moderator)
	first, err := here.who(session)
	if err != nil || first.Kind != "account" || first.Role != "moderator" {
		t.Fatalf("%+v, %v", first, err)
	}
	if other, err := there.who(session); err != nil || other != first {
		t.Errorf("on the other gateway: %+v, %v", other, err)
	}
	kept := signIn(t, there, openidtest.Moderator)

	watching := listen(t, there, http.Header{"Cookie": {session.Name + "=" + session.Value}})
	staying := listen(t, there, http.Header{"Cookie": {kept.Name + "=" + kept.Value}})
	if out, err := request("POST", here.url+"/auth/logout", "", nil, session); err != nil || out.status != http.StatusOK {
		t.Fatalf("sign-out: %+v, %v", out, err)
	}
	endsWithin(t, "the session that has ended", endsSoon, watching)
	for _, s := range p.gateways {
		if now, err := s.who(session); err != nil || now.Kind != "program" {
			t.Errorf("after the sign-out: %+v, %v", now, err)
		}
	}

	key := makeKey(t, here)
	drawing := listen(t, there, http.Header{"Authorization": {"Bearer " + key.Key}})
	revoked, err := request("POST", here.url+"/admin/api/keys/revoke", `{"id":"`+key.ID+`"}`, operatorHeader())
	if err != nil || revoked.status != http.StatusOK {
		t.Fatalf("revoke: %+v, %v", revoked, err)
	}
	endsWithin(t, "the key that was revoked", endsSoon, drawing)

	here.kill()
	here.restart()
	eventually(t, "the session is known after the restart", func() error {
		now, err := here.who(kept)
		if err == nil && now != first {
			err = fmt.Errorf("%+v, and was %+v", now, first)
		}
		return err
	})
	if now, err := here.who(session); err != nil || now.Kind != "program" {
		t.Errorf("the session that has ended, after the restart: %+v, %v", now, err)
	}
	select {
	case code := <-staying:
		t.Errorf("another session of the account was closed with %d", code)
	default:
	}
}

func operatorHeader() http.Header {
	return http.Header{"Authorization": {"Bearer " + operatorsToken}, "Content-Type": {"application/json"}}
}

// key is one that an operator has made.
type key struct{ ID, Key, User string }

func makeKey(t *testing.T, s *server) (k key) {
	t.Helper()
	made, err := request("POST", s.url+"/admin/api/keys", `{"name":"Clock","scopes":["draw"]}`, operatorHeader())
	if err == nil {
		err = json.Unmarshal([]byte(made.body), &k)
	}
	if err != nil || made.status != http.StatusCreated || !strings.HasPrefix(k.User, "b0") {
		t.Fatalf("%+v, %v", made, err)
	}
	return k
}

// Goal: a key may no more than its account, whichever gateway learns that its role has changed, and over kill -9. Method: two
// gateways and a Redis; one of them is started anew with another mapping of roles, which makes a member of a moderator.
func TestPeople_KeyFollowsItsOwner(t *testing.T) {
	provided(t)
	p := startPods(t, 2, 1)
	stays, other := p.gateways[0], p.gateways[1]
	made, err := request("POST", stays.url+"/api/keys", `{"name":"Mod","scopes":["moderate"]}`, http.Header{"Content-Type": {"application/json"}}, signIn(t, stays, openidtest.Moderator))
	var key struct{ Key string }
	if err != nil || json.Unmarshal([]byte(made.body), &key) != nil || made.status != http.StatusCreated {
		t.Fatalf("%+v, %v", made, err)
	}
	bearer := http.Header{"Authorization": {"Bearer " + key.Key}}
	role := func(s *server) (p person) {
		t.Helper()
		said, err := request("GET", s.url+"/api/me", "", bearer.Clone())
		if err == nil {
			err = json.Unmarshal([]byte(said.body), &p)
		}
		if err != nil || p.Kind != "bot" {
			t.Errorf("the key is %+v: %s, %v", p, said.body, err)
		}
		return p
	}
	if got := role(other); got.Role != "moderator" {
		t.Errorf("before: %+v", got)
	}
	closed := listen(t, stays, bearer)

	t.Setenv("PLAYGROUND_MODERATORS", "nobody")
	other.kill()
	other.restart()
	signIn(t, other, openidtest.Moderator)
	endsWithin(t, "a connection by the key on the other gateway", endsSoon, closed)
	stays.kill()
	stays.restart()
	for _, s := range []*server{stays, other} {
		if got := role(s); got.Role != "member" {
			t.Errorf("after: %+v", got)
		}
	}
}
