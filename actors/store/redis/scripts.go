package redis

import (
	"strconv"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// There is one script per operation. Nothing else runs in Redis meanwhile, and Redis writes the
// script's effects to its own log and its replicas as one. A script that fails midway is not
// undone. So each one tests everything that can be refused before it writes, and its first write is
// one that Redis refuses when it is out of memory or a replica.
//
// Lua's numbers are exact up to 2^53, which a region reaches after 285 years of a million pixels a
// second. Sequence numbers and epochs stay text unless their sizes must be compared.

// claimScript: KEYS meta, ARGV owner, token. Returns the epoch.
//
// Epochs follow the clock, in seconds, so that an epoch that Redis has lost, with a machine or in a
// failover, is seldom given to another owner. This can happen when claims have run ahead of the
// clock. Epochs then rise by a random step, so it is most unlikely that two histories have a
// position in common. If they do, the token tells their owners apart. Epoch and token are one text
// and are compared as one. Earlier versions write and compare the epoch alone: a claim of theirs is
// a different text too, and to their arithmetic the token is a fraction.
//
// If the key is there and holds no hash, it says nothing about the region: that is lost already.
const claimScript = raiseEpoch + `
return epoch`

// fenceScript: KEYS meta, ARGV owner, token. It is a claim that is released at once.
const fenceScript = raiseEpoch + `
redis.call('HDEL', KEYS[1], 'owner')
return 1`

const raiseEpoch = `
local last, epoch, token = 0, 0, ARGV[2]
local kind = redis.call('TYPE', KEYS[1])['ok']
if kind ~= 'hash' and kind ~= 'none' then
  redis.call('DEL', KEYS[1])
end
last = tonumber(string.match(redis.call('HGET', KEYS[1], 'epoch') or '0', '^%d+') or 0)` + nextEpoch + `
redis.call('HSET', KEYS[1], 'epoch', epoch .. '.' .. token, 'owner', ARGV[1])`

// nextEpoch raises epoch above last (the last epoch that Redis knows of) and above its own value.
const nextEpoch = `
last = math.max(last, epoch)
epoch = tonumber(redis.call('TIME')[1])
if last >= epoch then
  epoch = last + 1 + tonumber(string.sub(token, -3))
end
epoch = string.format('%.0f', epoch)`

// releaseScript: KEYS meta, ARGV term.
const releaseScript = `
if redis.call('HGET', KEYS[1], 'epoch') == ARGV[1] then
  redis.call('HDEL', KEYS[1], 'owner')
end
return 1`

// commitScript: KEYS meta, pixels, log, ARGV term, epoch, from, to, must, may, record, origins, users,
// provenance, and for each run of pixels its offset and bytes. Returns nothing, or why the batch is refused: the region
// is damaged if that begins with lostPrefix, else the batch is fenced.
//
// Except for the batch that is added, no batch that begins before the sequence number must may stay
// in the log. A batch begins where the one before it ends, and that end is the earlier one's id. So
// the first batch that ends at must or later is the last to go. What ends at may or before goes if it
// is recorded, no more of it at a time than Redis drops within some milliseconds.
const commitScript = `
local meta, pixels, log = KEYS[1], KEYS[2], KEYS[3]
local term, epoch, from, to, must, may = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local record, origins, users, provenance = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local is = redis.call('HMGET', meta, 'epoch', 'owner', 'position_epoch', 'position_seq', 'last_from', 'log_start', 'recorded')
local claimed, owner, position_epoch, seq, last_from, start = is[1], is[2], is[3], is[4] or '0', is[5], is[6] or '0'

if tonumber(string.match(claimed or '0', '^%d+') or 0) < tonumber(epoch) then
  return '` + lostPrefix + `the claim of epoch ' .. epoch .. ', it has ' .. (claimed or 'none')
end
if claimed ~= term then
  return 'epoch ' .. term .. ', but ' .. (owner or 'nobody') .. ' has claimed epoch ' .. (claimed or '0')
end
if not owner then
  return 'epoch ' .. epoch .. ' was released'
end
if (tonumber(seq) or 0) < tonumber(from) then
  return '` + lostPrefix + `commits: the region was at ' .. from .. ' and is at ' .. seq
end
local painted, logged = redis.call('TYPE', pixels)['ok'], redis.call('TYPE', log)['ok']
if painted ~= 'string' and not (painted == 'none' and seq == '0') then
  return '` + lostPrefix + `the pixels'
end
if logged ~= 'stream' and not (logged == 'none' and seq == start) then
  return '` + lostPrefix + `the log'
end
if position_epoch == epoch and last_from == from and seq == to then
  return ''
end
if seq ~= from then
  return 'from ' .. from .. ', but the region is at ' .. seq
end

redis.call('XADD', log, to .. '-0', 'batch', record, 'origins', origins, 'users', users, 'provenance', provenance)
for i = 11, #ARGV, 2 do
  redis.call('SETRANGE', pixels, ARGV[i], ARGV[i + 1])
end
local began = start
local drop = math.min(tonumber(may), tonumber(is[7] or 0) or 0, tonumber(start) + ` + recordedDrops + `)
if tonumber(start) < drop then
  local last = redis.call('XREVRANGE', log, string.format('%.0f-0', drop), start .. '-1', 'COUNT', 1)[1]
  start = last and string.match(last[1], '%d+') or start
end
if tonumber(start) < tonumber(must) then
  local last = redis.call('XRANGE', log, must .. '-0', from .. '-0', 'COUNT', 1)[1]
  start = last and string.match(last[1], '%d+') or from
end
if start ~= began then
  redis.call('XTRIM', log, 'MINID', start .. '-1')
end
redis.call('HSET', meta, 'position_epoch', epoch, 'position_seq', to, 'last_from', from, 'log_start', start)
return ''`

// recordedDrops bounds how many pixels that are recorded one commit drops from the log. No batch has
// more.
const recordedDrops = "65536"

// recordedScript: KEYS meta, ARGV term, its epoch, to. Answers as the commit script.
const recordedScript = `
local is = redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'position_seq', 'recorded')
local claimed, owner, seq, noted = is[1], is[2], is[3] or '0', is[4] or '0'
local term, epoch, to = ARGV[1], ARGV[2], ARGV[3]
if tonumber(string.match(claimed or '0', '^%d+') or 0) < tonumber(epoch) then
  return '` + lostPrefix + `the claim of epoch ' .. epoch .. ', it has ' .. (claimed or 'none')
end
if claimed ~= term or not owner then
  return 'epoch ' .. term .. ', but ' .. (owner or 'nobody') .. ' has claimed epoch ' .. (claimed or '0')
end
if (tonumber(seq) or 0) < tonumber(to) then
  return '` + lostPrefix + `commits: the region was recorded to ' .. to .. ' and is at ' .. seq
end
if (tonumber(noted) or 0) < tonumber(to) then
  redis.call('HSET', KEYS[1], 'recorded', to)
end
return ''`

// lostPrefix begins what the commit script returns about a damaged region.
const lostPrefix = "lost "

// scripts are called by their hash; Redis is sent the text if it does not know it.
type scripts struct {
	claim, release, fence, commit, mend, recorded *driver.Script
	read, write, sure                             *driver.Script // of documents
}

func newScripts() scripts {
	return scripts{
		claim: driver.NewScript(claimScript), release: driver.NewScript(releaseScript), fence: driver.NewScript(fenceScript),
		commit: driver.NewScript(commitScript), mend: driver.NewScript(mendScript),
		recorded: driver.NewScript(recordedScript),
		read:     driver.NewScript(readScript), write: driver.NewScript(writeScript), sure: driver.NewScript(sureScript),
	}
}

// stored returns a claim in the form that Redis holds.
func stored(t store.Term) string { return number(t.Epoch) + "." + number(uint64(t.Token)) }

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// commitArgs returns the commit script's arguments for a batch.
func commitArgs(b *canvas.Batch, token store.Token, keep store.Keep) []any {
	must, may := keep.Cuts(b.To)
	term := stored(store.Term{Epoch: b.Epoch, Token: token})
	args := append(make([]any, 0, 16), term, number(b.Epoch), number(b.From), number(b.To), number(must), number(may))
	return appendRuns(append(args, entryOf(b)...), b)
}

// entryOf is a batch in the form in which the log has it: its record, and of its ops the origins, the
// users and the provenance.
func entryOf(b *canvas.Batch) []any {
	return []any{
		store.AppendBatch(nil, b), store.AppendOrigins([]byte{}, b.Ops), store.AppendUsers([]byte{}, b.Ops),
		store.AppendProvenance([]byte{}, b.Ops),
	}
}

// appendRuns appends the pixels of a batch in their order, with one write for pixels that are side
// by side, as in most strokes.
func appendRuns(args []any, b *canvas.Batch) []any {
	stored := make([]byte, 0, pixelBytes*b.Pixels()) // one allocation for all runs
	start, next := 0, -1
	for i := range b.Ops {
		for _, p := range b.Ops[i].Pixels {
			if int(p.Pos) != next && len(stored) > start {
				args = append(args, stored[start:])
				start = len(stored)
			}
			if len(stored) == start {
				args = append(args, pixelBytes*int(p.Pos))
			}
			c := p.Color ^ canvas.Background
			stored = append(stored, byte(c>>16), byte(c>>8), byte(c))
			next = int(p.Pos) + 1
		}
	}
	return append(args, stored[start:])
}
