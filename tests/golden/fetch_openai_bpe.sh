#!/bin/sh
# Fetches OpenAI's CLIP vocabulary for the tokenizer test:  fetch_openai_bpe.sh OUT.txt
# It lies in the PyPI package open-clip-torch; the repository does not carry it. Does nothing when OUT.txt is right.
# PYTHON chooses the interpreter whose pip is used (default: python3).
set -eu
out=${1:?usage: fetch_openai_bpe.sh OUT.txt}
version=3.2.0
sum=67603cfda2e032ad77b5f8808af37789d590db664b26df8705d2bf8b3c553fc8
python=${PYTHON:-python3}

is_right() { [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$sum" ]; }

if is_right "$out"; then exit 0; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --dest "$work" "open-clip-torch==$version"
"$python" - "$work"/open_clip_torch-*.whl "$work/bpe.txt" <<'PYTHON'
import gzip, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, open(sys.argv[2], "wb") as out:
    out.write(gzip.decompress(wheel.read("open_clip/bpe_simple_vocab_16e6.txt.gz")))
PYTHON
if ! is_right "$work/bpe.txt"; then
  echo "fetch_openai_bpe.sh: the vocabulary in open-clip-torch $version is not the expected one (sha256)" >&2
  exit 1
fi
mkdir -p "$(dirname "$out")"
cp "$work/bpe.txt" "$out.part"
mv "$out.part" "$out"
