# Starts Sentinel with today's settings and what it has found out before: which Redis is the
# master, and which Redises and Sentinels there are.
set -eu
. /etc/redis/secrets.sh
first_passwords
umask 077 # the file holds a password
found=$(grep -E '^sentinel (myid|monitor|config-epoch|leader-epoch|current-epoch|known-replica|known-sentinel) ' /data/sentinel.conf 2>/dev/null) || :
{
  cat /etc/redis/sentinel.conf
  echo "${found:-sentinel monitor canvas $FIRST 6379 2}"
  echo "sentinel announce-ip $SELF"
  printf 'sentinel auth-pass canvas %s\n' "$(quoted)" # echo would read its backslashes
  printf 'sentinel sentinel-pass %s\n' "$(quoted)"
  echo "user default on $(taken) ~* &* +@all"
} > /data/sentinel.new
mv /data/sentinel.new /data/sentinel.conf

pass_on() {
  printf %s "$password" | redis-cli -e -h "$POD_IP" -p 26379 -x SENTINEL SET canvas auth-pass &&
    printf %s "$password" | redis-cli -e -h "$POD_IP" -p 26379 -x SENTINEL CONFIG SET sentinel-pass
}
follow 26379 &
exec redis-server /data/sentinel.conf --sentinel
