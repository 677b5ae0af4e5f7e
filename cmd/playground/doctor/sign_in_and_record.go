package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"pixelplayground/actors/store/bucket"
	"pixelplayground/cmd/commandline/s3"
	"pixelplayground/transport/auth/openid"
)

const signInCheck = "sign-in"

// examineSignIn asks the OpenID provider, and the site whose tokens are taken, as the server does when somebody
// signs in or shows a token.
func examineSignIn(ctx context.Context, p patient) (found []Finding) {
	if issuer := p.Persons.SignIn.Issuer; issuer != "" {
		const toDo = "nobody can sign in: see that --oidc-issuer is what the provider calls itself, and that this computer reaches it"
		if _, err := openid.NewIssuer(issuer, p.now).Get(ctx); err != nil {
			found = append(found, fault(signInCheck, fmt.Sprintf("--oidc-issuer %s: %s", issuer, oneLine(err)), toDo))
		} else {
			found = append(found, fine(signInCheck, "--oidc-issuer %s answers", issuer))
		}
		if at, err := url.Parse(issuer); err == nil {
			found = append(found, examineDatesAt(ctx, p, at)...)
		}
	}
	if keys := p.Persons.Tokens.JWKS; keys != "" {
		if err := answers(ctx, keys); err != nil {
			found = append(found, fault(signInCheck, fmt.Sprintf("--jwt-jwks %s: %v", keys, err), "no token is taken: see that the address is right, and that this computer reaches it"))
		} else {
			found = append(found, fine(signInCheck, "--jwt-jwks %s answers", keys))
		}
	}
	return found
}

func answers(ctx context.Context, at string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers with %s", response.Status)
	}
	return nil
}

// examineRecord looks at where everything that is drawn is recorded, if it is.
func examineRecord(ctx context.Context, p patient) []Finding {
	const check = "record"
	where := p.Record.Where
	if where == "" {
		return nil
	}
	if !strings.HasPrefix(where, bucket.Scheme) {
		return examineDirectory(ctx, check, where, false)
	}
	place, err := bucket.Open(strings.TrimSuffix(where, "/")+"/", s3.Config(p.Record.S3Endpoint))
	if err == nil {
		_, err = place.List(ctx, "canvas.json")
	}
	if err != nil {
		return []Finding{fault(check, "--record "+where+": "+oneLine(err), "see that --s3-endpoint, the bucket and its keys are right, and that the keys may list, get, put and delete")}
	}
	return []Finding{fine(check, "--record %s can be listed; whether it can be written to shows when it is", where)}
}
