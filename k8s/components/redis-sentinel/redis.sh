# Starts Redis in its present role: as the master, or as a replica of it.
set -eu
. /etc/redis/secrets.sh
first_passwords

# Only one at a time: a pod that is deleted by force is replaced while it still runs, and
# both would write to the volume. The lock is held until the process ends.
exec 9> /data/lock
flock 9

# The master, according to the first Sentinel that answers.
told() {
  for host in $ALL; do
    master=$(timeout 2 sh /etc/redis/cli.sh -h "$host" -p 26379 SENTINEL GET-MASTER-ADDR-BY-NAME canvas 2>/dev/null | head -n 1) || :
    case " $ALL " in *" ${master:-nobody} "*) echo "$master"; return ;; esac
  done
}

# The master when this Redis last ran, as Sentinel has noted it. If nothing is noted, this
# Redis has never run, or was alone.
noted() {
  if [ ! -f /data/redis.conf ]; then echo "$FIRST"; return; fi
  master=$(sed -n 's/^replicaof \([^ ]*\) .*/\1/p' /data/redis.conf)
  echo "${master:-$SELF}"
}

others_have_data() {
  for host in $ALL; do
    [ "$host" != "$SELF" ] || continue
    size=$(timeout 2 sh /etc/redis/cli.sh -h "$host" DBSIZE 2>/dev/null) || continue
    case "$size" in 0 | *[!0-9]*) ;; *) return 0 ;; esac
  done
  return 1
}

# A master with an empty volume would make the others empty theirs. So it waits until one of
# them is the master.
while :; do
  master=$(told)
  [ -n "$master" ] || master=$(noted)
  if [ "$master" != "$SELF" ] || [ -d /data/appendonlydir ] || ! others_have_data; then break; fi
  sleep 1
done

umask 077 # the file gets a password when Sentinel has it rewritten
{
  echo "include /etc/redis/redis.conf"
  echo "include /etc/redis/replication.conf"
  if [ "$master" != "$SELF" ]; then echo "replicaof $master 6379"; fi
} > /data/redis.conf
pass_on() { printf %s "$password" | redis-cli -e -h "$POD_IP" -x CONFIG SET masterauth; }
follow 6379 9>&- &
exec redis-server /data/redis.conf - << END
user default on $(taken) ~* &* +@all
masterauth $(quoted)
replica-announce-ip $SELF
END
