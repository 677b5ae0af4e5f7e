# Before a master stops, another Redis takes over, so that the others need not find out
# first that it is gone. Meanwhile the master lets nobody write, for at most 8 s, so that
# the next one has everything. Time is taken by the clock: should the pause end while this is
# still the master, what others write here is lost.
ask() { sh /etc/redis/cli.sh "$@" | tr -d '\r'; }
behind() { # prints the replicas that have not received everything
  at=$(ask INFO replication | sed -n 's/^master_repl_offset://p')
  ask INFO replication | grep '^slave[0-9]' | grep -v ",offset=$at,"
}

[ "$(ask ROLE | head -n 1)" = master ] || exit 0
ask CLIENT PAUSE 8000 WRITE
end=$(($(date +%s) + 7))
tries=0
while [ -n "$(behind)" ] && [ $tries -lt 20 ] && [ "$(date +%s)" -lt $end ]; do sleep 0.1; tries=$((tries + 1)); done
asked=
for host in $ALL; do
  [ "$host" != "$SELF" ] || continue # this pod's own Sentinel stops, too
  asked=$(timeout 2 sh /etc/redis/cli.sh -h "$host" -p 26379 SENTINEL FAILOVER canvas) || :
  [ "$asked" != OK ] || break
done
if [ "$asked" != OK ]; then # no Sentinel can, for example right after the start: they will notice that the master is gone
  ask CLIENT UNPAUSE
  exit 0
fi
while [ "$(ask ROLE | head -n 1)" = master ]; do
  [ "$(date +%s)" -lt $end ] || exit 0
  sleep 0.1
done
# As a replica it may have to receive everything anew. Until that is in its own file, Redis takes
# no notice of SIGTERM, and would be killed in the end.
end=$(($(date +%s) + 10))
until ask INFO replication | grep -q '^master_link_status:up' && ! ask INFO persistence | grep -q -e '^aof_rewrite_in_progress:1' -e '^aof_rewrite_scheduled:1'; do
  [ "$(date +%s)" -lt $end ] || exit 0
  sleep 0.1
done
