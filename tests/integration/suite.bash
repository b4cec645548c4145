# Once for all files of a lane: images, a real registry and a misbehaving one, a data root with a guest kernel.
# Everything lies in $SUITE and is told to the tests by exported variables. $MOAT_TEST_SHARED is a folder of all lanes.
# tools/integration-lane reads this file; named setup_suite.bash, bats would do it all again for each file of tests.

source "${BASH_SOURCE[0]%/*}/lib.bash"

setup_suite() {
	# The name is short, because sockets have their place below it.
	export SUITE=$MOAT_TEST_SHARED/$MOAT_TEST_LANE
	mkdir -m 755 "$SUITE"

	make_images
	start_registry "$SUITE/registry"
	export BUSYBOX=$REGISTRY/test/busybox:latest
	start_bad_registry
	prepare_root
}

# once NAME COMMAND…: in the folder of all lanes, by the lane that comes first.
once() {
	(
		flock 8
		# In a list with || no failure inside the command would end it.
		if [ ! -e "$MOAT_TEST_SHARED/$1.done" ]; then
			"${@:2}" 8>&-
			touch "$MOAT_TEST_SHARED/$1.done"
		fi
	) 8>"$MOAT_TEST_SHARED/$1.lock"
}

# They, and what a registry has of them, take seconds to make, so they are kept in the build folder for as long as what
# they are made of is the same.
make_images() {
	local kept
	# Some images are of programs that may be missing.
	kept=$(cat "$TESTS"/integration/{images,fieldimages}.py "$TESTS/integration/suite.bash" "$REPO/tools/ociimage.py" \
		"$(command -v busybox)" <(command -v sqlite3) | sha256sum)
	kept=$MOAT_BUILD/test-images/${kept:0:16}
	[ -d "$kept" ] || once images keep_images "$kept"
	cp -a "$kept/images" "$kept/registry" "$SUITE/"
}

keep_images() {
	local kept=$1 made
	mkdir -p "${kept%/*}"
	made=$(mktemp -d "${kept%/*}/new.XXXXXX")
	python3 "$TESTS/integration/images.py" "$made/images"
	python3 "$TESTS/integration/fieldimages.py" "$made/images/field"
	start_registry "$made/registry"
	push_images "$made/images"
	kill "$REGISTRY_PID"
	poll gone "$REGISTRY_PID"
	# Another run may have been quicker.
	mv -T "$made" "$kept" || [ -d "$kept" ]
	rm -rf "$made"
}

teardown_suite() {
	# Without a folder there is nothing yet.
	[ -n "${SUITE:-}" ] || return 0
	kill_users_of "$SUITE"
	rm -rf "$SUITE"
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_registry FOLDER: sets REGISTRY and REGISTRY_PID.
start_registry() {
	local port
	port=$(free_port)
	cat >"$SUITE/registry.yml" <<-YML
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $1}, delete: {enabled: true}}
		http: {addr: "127.0.0.1:$port"}
	YML
	docker-registry serve "$SUITE/registry.yml" >"$SUITE/registry.log" 2>&1 3>&- &
	REGISTRY_PID=$!
	disown
	poll curl -fsS -o /dev/null "http://127.0.0.1:$port/v2/"
	export REGISTRY=localhost:$port
}

start_bad_registry() {
	python3 "$TESTS/integration/badregistry.py" "$SUITE/images/good:$SUITE/images/field" "$SUITE/gate" "$SUITE/bad-port" \
		>"$SUITE/bad-registry.log" 2>&1 3>&- &
	disown
	poll test -s "$SUITE/bad-port"
	BAD_REGISTRY=localhost:$(cat "$SUITE/bad-port")
	export BAD_REGISTRY
}

push() {
	skopeo --insecure-policy copy -q --dest-tls-verify=false "$@"
}

# push_images FOLDER
push_images() {
	local layout name
	for layout in "$1"/good/*; do
		name=${layout##*/}
		push --all "oci:$layout:latest" "docker://$REGISTRY/test/$name:latest"
	done
	push --format v2s2 "oci:$1/good/busybox:latest" "docker://$REGISTRY/test/schema2:latest"
	push "oci:$1/good/busybox:latest" "docker://$REGISTRY/test/busybox:other"
}

# The kernel is set and the template of most containers made once; every file's root starts as a copy of this one.
prepare_root() {
	once prepared make_root "$MOAT_TEST_SHARED/prepared"
	ln -s "$MOAT_TEST_SHARED/prepared" "$SUITE/prepared"
}

make_root() {
	local pid
	export MOAT_ROOT=$1
	MOAT_SPARES=0 start_moatd
	pid=$(moatd_pid "$MOAT_ROOT")
	moat system kernel set "$MOAT_TEST_KERNEL"
	moat run --rm -q "$BUSYBOX" true
	moat system stop
	poll gone "$pid"
}
