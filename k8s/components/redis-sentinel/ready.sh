# Ready is the master, and a replica that has what the master has.
set -eu
redis-cli -h "$POD_IP" -e ping
redis-cli -h "$POD_IP" INFO replication | grep -q -e '^role:master' -e '^master_link_status:up'
