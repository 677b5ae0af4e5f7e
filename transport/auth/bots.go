package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/transport/auth/botkey"
	"pixelplayground/transport/auth/openid"
	"pixelplayground/transport/quota"
)

// Kinds of documents: a key by its id, and the ids of an owner's keys, which bound them.
const (
	kindKey     store.Kind = "key"
	kindKeyRing store.Kind = "key-ring"
)

// operators is the id of the ring that all operators share.
const operators = "operators"

// bots are the keys of bots and displays. They are in the store; what is shown often is remembered.
type bots struct {
	docs  store.Documents
	ended *ended
	now   func() time.Time

	cache *botkey.Cache
	uses  *botkey.Uses
	asked *quota.Rates // keys that were not remembered, by network
	made  *quota.Rates // keys made, by network
}

const (
	// MaxAccountKeys and MaxOperatorKeys bound how many keys there are of one account, and of all
	// operators together.
	MaxAccountKeys, MaxOperatorKeys = 10, 500
	// A network may show so many keys at once that have to be looked for in the store, and then so many
	// a second.
	unknownAtOnce, unknownPerSecond = 20, 1
	// It may make so many at once, and then one a minute: each that is revoked leaves a document.
	madeAtOnce, madePerSecond = 20, 1.0 / 60
	// revokedFor is how long it is remembered that a key was revoked, beyond its own removal.
	revokedFor = 30 * 24 * time.Hour
)

func newBots(docs store.Documents, ended *ended, now func() time.Time) *bots {
	return &bots{
		docs: docs, ended: ended, now: now, cache: botkey.NewCache(), uses: botkey.NewUses(docs, now),
		asked: quota.NewRates(unknownPerSecond, unknownAtOnce), made: quota.NewRates(madePerSecond, madeAtOnce),
	}
}

// Errors of bots.
var (
	errNoKey       = errors.New("no such key")
	errTooManyKeys = errors.New("there are as many keys as there may be: revoke one first")
	errTooFast     = errors.New("too many at once")
)

// shown returns the key that somebody shows. Errors: errNoKey, errEnded, errTooFast and, if the store
// can't be asked, errNotYet.
func (k *bots) shown(ctx context.Context, text string, network netip.Prefix) (botkey.Key, error) {
	id, ok := botkey.Parse(text)
	if !ok {
		return botkey.Key{}, errNoKey
	}
	key, err := k.find(ctx, id, network)
	if err == nil && k.outdated(key) {
		err = openid.ErrNotYet // the other role is on its way
	}
	switch {
	case err != nil:
		return botkey.Key{}, err
	case !key.Is(text), key.Until != 0 && key.Until <= k.now().Unix():
		return botkey.Key{}, errNoKey
	}
	if err := k.ended.stands(key.Login()); err != nil {
		return botkey.Key{}, err
	}
	k.uses.Note(key)
	return key, nil
}

func (k *bots) find(ctx context.Context, id string, network netip.Prefix) (botkey.Key, error) {
	now := k.now()
	known, fresh := k.cache.Get(id, now)
	outdated := known != nil && k.outdated(known.Key)
	if fresh && !outdated {
		return known.Key, known.Err
	}
	if _, ok := k.asked.Take(network, 1, now); !ok && (known == nil || known.Err != nil) {
		return botkey.Key{}, errTooFast
	}
	key, err := k.present(ctx, id)
	switch {
	case err == nil, errors.Is(err, errNoKey):
		k.cache.Put(id, key, err, now)
	case known != nil && !outdated: // while the store is away, what it said last counts
		return known.Key, known.Err
	default:
		err = fmt.Errorf("%w: %w", openid.ErrNotYet, err)
	}
	return key, err
}

// outdated reports whether a key's owner has another role since it was read.
func (k *bots) outdated(key botkey.Key) bool {
	return key.Version != "" && errors.Is(k.ended.stands(key.Login()), errEnded) && !errors.Is(k.ended.stands(key.Revoked()), errEnded)
}

// present reads a key, and what its owner may do now.
func (k *bots) present(ctx context.Context, id string) (botkey.Key, error) {
	key, err := k.read(ctx, id)
	if err != nil || key.Owner == "" {
		return key, err
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	owner, document, err := k.standingOf(ctx, key.Owner)
	if document != nil { // else nobody has signed in as the owner since servers note it
		key.Role, key.Version = owner.Role, owner.Version
	}
	return key, err
}

func (k *bots) read(ctx context.Context, id string) (botkey.Key, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	value, err := k.docs.Document(ctx, kindKey, id)
	switch {
	case err != nil:
		return botkey.Key{}, err
	case value == nil:
		return botkey.Key{}, errNoKey
	}
	return botkey.Read(value)
}

// add keeps a new key and returns its text, which nobody can be told again. owner is as in Key.
func (k *bots) add(ctx context.Context, key botkey.Key, network netip.Prefix) (text string, _ botkey.Key, err error) {
	if _, ok := k.made.Take(network, 1, k.now()); !ok {
		return "", botkey.Key{}, errTooFast
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	text, key.ID, key.Hash = botkey.New()
	key.Made = k.now().Unix()
	value, err := json.Marshal(key)
	if err != nil {
		return "", botkey.Key{}, err
	}
	if err := k.changeRing(ctx, key.Owner, func(ids []string) ([]string, error) { return k.joined(ctx, key.Owner, ids, key.ID) }); err != nil {
		return "", botkey.Key{}, err
	}
	if key.Owner != "" { // a sign-in that was later than this one counts
		if err := k.stand(ctx, key.Owner, canvas.RoleNamed(key.Role), time.Unix(0, 0), 0); err != nil {
			return "", botkey.Key{}, err
		}
	}
	if err := k.docs.PutDocument(ctx, kindKey, key.ID, value, key.Ends()); err != nil {
		return "", botkey.Key{}, err // the ring has an id too many, which is dropped when it is full
	}
	return text, key, nil
}

// joined adds a key to the others of its owner, if there may be one more.
func (k *bots) joined(ctx context.Context, owner string, ids []string, id string) ([]string, error) {
	most := MaxAccountKeys
	if owner == "" {
		most = MaxOperatorKeys
	}
	if len(ids) >= most {
		living, err := k.living(ctx, ids)
		if err != nil {
			return nil, err
		}
		ids = slices.DeleteFunc(slices.Clone(ids), func(one string) bool {
			return !slices.ContainsFunc(living, func(k botkey.Key) bool { return k.ID == one })
		})
	}
	if len(ids) >= most {
		return nil, errTooManyKeys
	}
	return append(ids, id), nil
}

// living returns the keys that still exist.
func (k *bots) living(ctx context.Context, ids []string) (keys []botkey.Key, err error) {
	for _, id := range ids {
		key, err := k.read(ctx, id)
		if errors.Is(err, errNoKey) {
			continue
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// changeRing changes the ids of an owner's keys. Several pods may do so at once.
func (k *bots) changeRing(ctx context.Context, owner string, change func(ids []string) ([]string, error)) error {
	ring := owner
	if owner == "" {
		ring = operators
	}
	old, err := k.docs.Document(ctx, kindKeyRing, ring)
	for err == nil {
		var ids []string
		if old != nil {
			if err := json.Unmarshal(old, &ids); err != nil {
				return fmt.Errorf("read the document of a key ring: %w", err)
			}
		}
		if ids, err = change(ids); err != nil {
			return err
		}
		var value, now []byte
		if value, err = json.Marshal(ids); err != nil {
			return err
		}
		if now, err = k.docs.SwapDocument(ctx, kindKeyRing, ring, old, value, time.Time{}); err == nil && string(now) == string(value) {
			return nil
		}
		old = now
	}
	return err
}

// ring lists the ids of an account's keys. Some may have ended.
func (k *bots) ring(ctx context.Context, owner string) (ids []string, err error) {
	value, err := k.docs.Document(ctx, kindKeyRing, owner)
	if err != nil || value == nil {
		return nil, err
	}
	if err := json.Unmarshal(value, &ids); err != nil {
		return nil, fmt.Errorf("read the document of a key ring: %w", err)
	}
	return ids, nil
}

// of lists an account's keys, oldest first.
func (k *bots) of(ctx context.Context, owner string) ([]UsedKey, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	ids, err := k.ring(ctx, owner)
	if err != nil {
		return nil, err
	}
	keys, err := k.living(ctx, ids)
	if err != nil {
		return nil, err
	}
	used := make([]UsedKey, len(keys))
	for i, key := range keys {
		at, err := k.docs.Document(ctx, botkey.KindUse, key.ID)
		if err != nil {
			return nil, err
		}
		used[i] = UsedKey{key, k.uses.At(key.ID, at)}
	}
	return used, nil
}

// all lists all keys, oldest first.
func (k *bots) all(ctx context.Context) (keys []UsedKey, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	documents, err := k.docs.Documents(ctx, kindKey)
	if err != nil {
		return nil, err
	}
	used, err := k.docs.Documents(ctx, botkey.KindUse)
	if err != nil {
		return nil, err
	}
	for _, value := range documents {
		key, err := botkey.Read(value)
		if err != nil {
			return nil, err
		}
		keys = append(keys, UsedKey{key, k.uses.At(key.ID, used[key.ID])})
	}
	slices.SortFunc(keys, func(a, b UsedKey) int { return cmp.Or(cmp.Compare(a.Made, b.Made), strings.Compare(a.ID, b.ID)) })
	return keys, nil
}

// revoke ends a key on every pod. owner, if it is not empty, is whose key it must be.
func (k *bots) revoke(ctx context.Context, id, owner string) (botkey.Key, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*storeTimeout)
	defer cancel()
	key, err := k.read(ctx, id)
	switch {
	case err != nil:
		return botkey.Key{}, err
	case owner != "" && key.Owner != owner:
		return botkey.Key{}, errNoKey
	}
	if err := k.docs.DeleteDocument(ctx, kindKey, id); err != nil {
		return botkey.Key{}, err
	}
	if err := k.docs.DeleteDocument(ctx, botkey.KindUse, id); err != nil {
		return botkey.Key{}, err
	}
	k.cache.Put(id, botkey.Key{}, errNoKey, k.now())
	until := k.now().Add(revokedFor)
	if ends := key.Ends(); !ends.IsZero() && ends.Before(until) {
		until = ends
	}
	err = k.ended.end(ctx, key.Revoked(), until)
	return key, errors.Join(err, k.changeRing(ctx, key.Owner, func(ids []string) ([]string, error) {
		return slices.DeleteFunc(ids, func(one string) bool { return one == id }), nil
	}))
}
