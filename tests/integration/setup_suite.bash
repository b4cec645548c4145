# Once for all files: images, a real registry and a misbehaving one, a data root with a guest kernel.
# Everything lies in $SUITE and is told to the tests by exported variables.

setup_suite() {
	source "${BASH_SOURCE[0]%/*}/lib.bash"
	# Short, because sockets have their place below it.
	SUITE=$(mktemp -d /tmp/moat-test.XXXXXX)
	chmod 755 "$SUITE"
	export SUITE

	make_images
	start_registry
	start_bad_registry
	push_images
	prepare_root
}

# They take seconds to make, so they are kept in the build folder for as long as what they are made of is the same.
make_images() {
	local kept made
	# Some images are of programs that may be missing.
	kept=$(cat "$TESTS"/integration/{images,fieldimages}.py "$REPO/tools/ociimage.py" "$(command -v busybox)" \
		<(command -v sqlite3) | sha256sum)
	kept=$MOAT_BUILD/test-images/${kept:0:16}
	if [ ! -d "$kept" ]; then
		mkdir -p "${kept%/*}"
		made=$(mktemp -d "${kept%/*}/new.XXXXXX")
		python3 "$TESTS/integration/images.py" "$made/images"
		python3 "$TESTS/integration/fieldimages.py" "$made/images/field"
		# Another run may have been quicker.
		mv -T "$made/images" "$kept" || [ -d "$kept" ]
		rm -rf "$made"
	fi
	cp -a "$kept" "$SUITE/images"
}

teardown_suite() {
	kill_users_of "$SUITE"
	rm -rf "$SUITE"
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start_registry() {
	local port
	port=$(free_port)
	cat >"$SUITE/registry.yml" <<-YML
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $SUITE/registry}, delete: {enabled: true}}
		http: {addr: "127.0.0.1:$port"}
	YML
	docker-registry serve "$SUITE/registry.yml" >"$SUITE/registry.log" 2>&1 3>&- &
	disown
	poll 20 curl -fsS -o /dev/null "http://127.0.0.1:$port/v2/"
	export REGISTRY=localhost:$port
}

start_bad_registry() {
	python3 "$TESTS/integration/badregistry.py" "$SUITE/images/good:$SUITE/images/field" "$SUITE/gate" "$SUITE/bad-port" \
		>"$SUITE/bad-registry.log" 2>&1 3>&- &
	disown
	poll 20 test -s "$SUITE/bad-port"
	BAD_REGISTRY=localhost:$(cat "$SUITE/bad-port")
	export BAD_REGISTRY
}

push() {
	skopeo --insecure-policy copy -q --dest-tls-verify=false "$@"
}

push_images() {
	local layout name
	for layout in "$SUITE"/images/good/*; do
		name=${layout##*/}
		push --all "oci:$layout:latest" "docker://$REGISTRY/test/$name:latest"
	done
	push --format v2s2 "oci:$SUITE/images/good/busybox:latest" "docker://$REGISTRY/test/schema2:latest"
	push "oci:$SUITE/images/good/busybox:latest" "docker://$REGISTRY/test/busybox:other"
	export BUSYBOX=$REGISTRY/test/busybox:latest
}

# The kernel is set and the template of most containers made once; every file's root starts as a copy of this one.
prepare_root() {
	local pid
	MOAT_ROOT=$SUITE/prepared MOAT_SPARES=0 start_moatd
	pid=$(moatd_pid "$SUITE/prepared")
	MOAT_ROOT=$SUITE/prepared moat system kernel set "$MOAT_TEST_KERNEL"
	MOAT_ROOT=$SUITE/prepared moat run --rm -q "$BUSYBOX" true
	MOAT_ROOT=$SUITE/prepared moat system stop
	poll 20 gone "$pid"
}
