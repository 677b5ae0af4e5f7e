# Before a master stops another one takes over, so that nobody has to miss it first. It lets
# nobody write meanwhile, for 8 s at most, so that the next one has everything.
ask() { sh /etc/redis/cli.sh "$@" | tr -d '\r'; }
behind() { # prints the replicas that have not received everything
  at=$(ask INFO replication | sed -n 's/^master_repl_offset://p')
  ask INFO replication | grep '^slave[0-9]' | grep -v ",offset=$at,"
}

[ "$(ask ROLE | head -n 1)" = master ] || exit 0
ask CLIENT PAUSE 8000 WRITE
tries=0
while [ -n "$(behind)" ] && [ $tries -lt 20 ]; do sleep 0.1; tries=$((tries + 1)); done
asked=
for host in $ALL; do
  [ "$host" != "$SELF" ] || continue # its Sentinel stops, too
  asked=$(timeout 2 sh /etc/redis/cli.sh -h "$host" -p 26379 SENTINEL FAILOVER canvas) || :
  [ "$asked" != OK ] || break
done
if [ "$asked" != OK ]; then # none can, for example right after the start: it will be missed
  ask CLIENT UNPAUSE
  exit 0
fi
tries=0
while [ "$(ask ROLE | head -n 1)" = master ] && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
