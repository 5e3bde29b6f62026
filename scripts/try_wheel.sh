#!/usr/bin/env bash
# Build sdist and wheel, check what they hold, and use the wheel as a user would: installed in a
# fresh environment, away from the checkout. Third-party packages are those of PYTHON's environment.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$(realpath --no-symlinks "${PYTHON:-.venv/bin/python}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset PYTHONPATH

build_wheel() { # of a folder or an sdist
  "$python" -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps \
    --wheel-dir "$2" "$1"
}

"$python" -m hatchling build --target sdist --directory "$work/sdist"
build_wheel . "$work/direct"
build_wheel "$work"/sdist/*.tar.gz "$work/from-sdist"
cmp "$work"/direct/*.whl "$work"/from-sdist/*.whl
"$python" scripts/check_distribution.py "$work"/sdist/*.tar.gz "$work"/direct/*.whl

"$python" -m venv --without-pip "$work/env"
packages() { "$1" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }
packages "$python" > "$(packages "$work/env/bin/python")/dependencies.pth"
"$python" -m pip --python "$work/env/bin/python" install --quiet --disable-pip-version-check \
  --ignore-installed --no-index --no-deps "$work"/direct/*.whl

mkdir "$work/elsewhere"
cd "$work/elsewhere"
PATH=$work/env/bin:$PATH
python -c '
import pathlib, sys, regtrack, regtrack_app
for package in (regtrack, regtrack_app):
    path = pathlib.Path(package.__file__)
    assert path.is_relative_to(sys.prefix), f"{path} is not the installed package"
assets = pathlib.Path(regtrack_app.__file__).parent / "assets"
assert (assets / "regtrack.js").is_file() and (assets / "regtrack.css").is_file(), assets'
regtrack --help > /dev/null
regtrack serve --help > /dev/null
regtrack simulate --out genome --length 200000
regtrack build-dataset --reference genome/reference.fa --markers genome/markers.tsv --out data \
  --window 5000 --split chrom --valid-chroms chr3 --test-chroms chr4
regtrack train data --model cnn1 --set channels=[8] --epochs 1 --out run
regtrack evaluate data run/checkpoint.safetensors
regtrack predict-genome run/checkpoint.safetensors --reference genome/reference.fa --out tracks \
  --chroms chr4
regtrack validate tracks/*.bw --reference genome/reference.fa
echo "the wheel works: $(basename "$work"/direct/*.whl)"
