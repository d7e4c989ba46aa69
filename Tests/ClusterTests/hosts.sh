#!/bin/sh
# Two hosts on one machine, node1 and node2. Each has a network, a name, a shared memory and a /run of its own. All of it
# lies in namespaces of this process: nothing of the machine changes, and everything that runs in there ends with it.
#
#   unshare --net --mount --pid --fork --kill-child sh hosts.sh FOLDER
#
# FOLDER receives keeper.pid, node1.pid and node2.pid. Ends when its standard input does.
set -e
cd "$1"
# The number outside; in here it is 1.
read -r keeper rest </proc/self/stat
mount -t proc proc /proc
printf '%s\n' '127.0.0.1 localhost' '10.77.0.1 node1' '10.77.0.2 node2' >hosts
mount --bind hosts /etc/hosts
ip link set lo up
ip link add bridge type bridge
ip link set bridge up
own=$(readlink /proc/self/ns/net)
for i in 1 2; do
    unshare --net --uts --ipc --mount sleep infinity &
    # Between its start and its own network, the process is still in this one.
    until other=$(readlink "/proc/$!/ns/net") && [ "$other" != "$own" ] && [ "$(cat "/proc/$!/comm")" = sleep ]; do
        sleep 0.01
    done
    ip link add "cable$i" type veth peer name eth0 netns "$!"
    ip link set "cable$i" master bridge up
    nsenter --target "$!" --net --uts --mount sh -ec "
        hostname node$i
        ip address add 10.77.0.$i/24 dev eth0
        ip link set eth0 up
        ip link set lo up
        # A connection that gets no answer is given up after some seconds, not after a quarter of an hour.
        echo 4 >/proc/sys/net/ipv4/tcp_retries2
        mount -t tmpfs tmpfs /dev/shm
        mount -t tmpfs tmpfs /run"
    echo "$!" >"node$i.pid"
done
# Starts a command on a host, as ssh does; mpirun asks for it.
cat >agent.sh <<END
#!/bin/sh
host=\$1
shift
exec nsenter --target "\$(cat "$1/\$host.pid")" --net --uts --ipc --mount sh -c "\$*"
END
chmod +x agent.sh
echo "$keeper" >keeper.new
mv keeper.new keeper.pid
cat >/dev/null
