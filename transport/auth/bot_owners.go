package auth

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/transport/auth/botkey"
)

// kindMaker is the kind of the documents that say which account has made a key, by the public id of the bot: also for a while after the
// key is gone, since whoever has drawn with one can revoke it and make another.
const kindMaker store.Kind = "key-maker"

// makers is who has made the keys that earlier versions have made, as far as they are still there.
type makers struct {
	mu     sync.Mutex // guards:
	looked time.Time
	known  map[canvas.Author]canvas.Subject
}

// makersAgain is the least time between two readings of all keys.
const makersAgain = 10 * time.Second

// noteMaker notes who has made a key, until a while after it ends.
func (p *People) noteMaker(ctx context.Context, key botkey.Key, until time.Time) error {
	user, ok := p.botUser(key.ID)
	if !ok || key.Owner == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return p.papers.PutDocument(ctx, kindMaker, user.Text(), []byte(key.Owner), until)
}

// botUser is the public id of who has a key; it is not known before the secret of the canvas is.
func (p *People) botUser(id string) (canvas.Author, bool) {
	keys := p.keys.Load()
	if keys == nil {
		return 0, false
	}
	return keys.subject(canvas.Bot, []byte(id)).User(canvas.Bot), true
}

// Maker is the public id of the account that has made the key of a bot; 0: an operator has, or it is not known any more.
func (p *People) Maker(ctx context.Context, bot canvas.Author) (canvas.Author, error) {
	if !bot.IsBot() {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	value, err := p.papers.Document(ctx, kindMaker, bot.Text())
	if err != nil {
		return 0, fmt.Errorf("read who has made a key: %w", err)
	}
	owner, ok := parseSubject(string(value))
	if !ok {
		if owner, err = p.madeBefore(ctx, bot); err != nil {
			return 0, err
		}
	}
	if owner == (canvas.Subject{}) {
		return 0, nil
	}
	return owner.User(canvas.Account), nil
}

// madeBefore looks through all keys for that of a bot, which an earlier version has made.
func (p *People) madeBefore(ctx context.Context, bot canvas.Author) (canvas.Subject, error) {
	m := &p.makers
	m.mu.Lock()
	defer m.mu.Unlock()
	if owner, ok := m.known[bot]; ok || p.now().Sub(m.looked) < makersAgain {
		return owner, nil
	}
	documents, err := p.papers.Documents(ctx, kindKey)
	if err != nil {
		return canvas.Subject{}, fmt.Errorf("read who has made which key: %w", err)
	}
	m.looked, m.known = p.now(), make(map[canvas.Author]canvas.Subject, len(documents))
	for _, value := range documents {
		key, err := botkey.Read(value)
		if err != nil {
			continue // one that is damaged must not hide the others
		}
		owner, _ := parseSubject(key.Owner)
		if user, ok := p.botUser(key.ID); ok {
			m.known[user] = owner
		}
	}
	return m.known[bot], nil
}
