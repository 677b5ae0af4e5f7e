# Starts Sentinel with the settings of today and what it has found out before: which Redis is
# the master, and who the others are.
set -eu
umask 077 # the password is in it
found=$(grep -E '^sentinel (myid|monitor|config-epoch|leader-epoch|current-epoch|known-replica|known-sentinel) ' /data/sentinel.conf 2>/dev/null) || :
{
  cat /etc/redis/sentinel.conf
  echo "${found:-sentinel monitor canvas $FIRST 6379 2}"
  echo "sentinel announce-ip $SELF"
  echo "sentinel auth-pass canvas $REDISCLI_AUTH"
  echo "sentinel sentinel-pass $REDISCLI_AUTH"
  echo "requirepass $REDISCLI_AUTH"
} > /data/sentinel.new
mv /data/sentinel.new /data/sentinel.conf
exec redis-server /data/sentinel.conf --sentinel
