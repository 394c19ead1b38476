# Sourced by the prove-* scripts: a bare Debian 12 in a folder.
release=bookworm

# The mirror this machine's apt already uses for the release.
mirror() {
  apt-get indextargets --format '$(REPO_URI)' "Codename: $release" \
    "Created-By: Packages" | head -n 1
}

# A chroot with nothing but the packages that every Debian has.
make_bare() {
  local dir=$1 url proxy=
  url=$(mirror)
  [[ -n $url ]] || die "apt knows no mirror of $release; run apt-get update"
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  rm -rf --one-file-system "$dir"
  http_proxy=${proxy:-${http_proxy:-}} \
    debootstrap --variant=minbase "$release" "$dir" "$url" >"$dir.log" 2>&1 \
    || die "debootstrap failed, see $dir.log"
  rm "$dir.log"
  # How this machine reaches its mirror, nothing else of its configuration.
  apt-config dump Acquire >"$dir/etc/apt/apt.conf.d/99mirror"
  echo force-unsafe-io >"$dir/etc/dpkg/dpkg.cfg.d/throw-away" # No syncs.
  cp /etc/resolv.conf /etc/hosts "$dir/etc/"
}

# In a mount and process namespace of its own, so that what it mounts and
# starts goes with it.
inside() {
  local dir=$1
  shift
  unshare --mount --pid --fork --mount-proc="$dir/proc" bash -c '
    mount -t devpts devpts "$0/dev/pts" && exec chroot "$0" "$@"' "$dir" \
    /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin CI=true \
    "$@" </dev/null
}
