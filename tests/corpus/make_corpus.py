#!/usr/bin/env python3
"""Writes the malformed files beside this script, and expected.json: for each its path, the opener that must refuse it
(kind) and the whole message without the folder in front of the file's name.

    python make_corpus.py            (standard library only; the same bytes on every run)

Messages are written here by hand, not taken from the program. tests/core/formats/corpus_test.cpp opens every file.
Kinds: safetensors -> Safetensors::open, json -> read_json, tokenizer -> ClipTokenizer::open (of a folder),
npy -> read_npy, png -> decode_png. "valid" files, with an empty message, must be accepted.
"""
import copy
import json
import os
import shutil
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = []
AGAIN = "its download or its saving did not finish; get it again"


def put(path, data):
    full = os.path.join(HERE, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode("utf-8"))


def expect(kind, path, message):
    EXPECTED.append({"path": path, "kind": kind, "message": message})


# --- safetensors ------------------------------------------------------------------------------------------------------


def tensor_file(name, header, data=b"", message="", length=None):
    """message follows "<name>.safetensors: "; empty: the file is sound."""
    header = header if isinstance(header, bytes) else header.encode("utf-8")
    path = f"safetensors/{name}.safetensors"
    put(path, struct.pack("<Q", len(header) if length is None else length) + header + data)
    expect("safetensors", path, f"{name}.safetensors: {message}" if message else "")


def entry(dtype="F32", shape=(2, 2), offsets=(0, 16)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def header(**tensors):
    return json.dumps(tensors, separators=(",", ":"))


def safetensors():
    big = 1 << 63
    sound = header(a=entry())
    tensor_file("valid_two", header(b=entry("I32", (2,), (16, 24)), a=entry()), bytes(24))
    tensor_file("valid_empty", "{}")
    tensor_file("valid_spaces", "\t\n{}\r ")
    tensor_file("valid_metadata_null", '{"__metadata__":null,"s":{"dtype":"F32","shape":[],"data_offsets":[0,4],"more":[{}]}}', bytes(4))
    put("safetensors/empty_file.safetensors", b"")
    expect("safetensors", "safetensors/empty_file.safetensors",
           f"empty_file.safetensors: expected safetensors weights, got an empty file: {AGAIN}")
    lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 605157884\n"
    put("safetensors/lfs.safetensors", lfs)
    expect("safetensors", "safetensors/lfs.safetensors",
           "lfs.safetensors: expected safetensors weights, got a Git LFS pointer, not the weights: run 'git lfs pull' in "
           "its folder, or download the file of 605157884 bytes itself")
    put("safetensors/seven_bytes.safetensors", b"\x02\0\0\0\0\0\0")
    expect("safetensors", "safetensors/seven_bytes.safetensors",
           "seven_bytes.safetensors: length: expected at least 8 bytes, got 7")
    tensor_file("header_over_format_cap", "{}", length=100_000_001,
                message="header: expected at most 100000000 bytes, got 100000001")
    tensor_file("header_over_our_cap", "{}", length=(16 << 20) + 1,
                message="header: expected at most 16777216 bytes, got 16777217")
    tensor_file("header_length_all_ones", "{}", length=(1 << 64) - 1,
                message="header: expected at most 100000000 bytes, got 18446744073709551615")
    tensor_file("header_cut", "{}", length=60, message="header: expected 60 bytes, got 2")
    tensor_file("only_the_length", "", length=60, message="header: expected 60 bytes, got 0")
    tensor_file("no_header", "", message="byte 8: expected '[', '{', or a literal, got end of input")
    tensor_file("not_utf8", b"\xff", message="byte 8: header: expected UTF-8, got '\\xFF'")
    tensor_file("not_utf8_in_name", b'{"a\xc3":{}}', message="byte 11: header: expected UTF-8, got '\\xC3'")
    tensor_file("byte_order_mark", b"\xef\xbb\xbf{}", message="byte 8: header: expected a JSON object, got '\ufeff'")
    tensor_file("only_a_brace", "{", message="byte 9: expected string literal, got end of input")
    tensor_file("array", "[]", message="byte 8: header: expected a JSON object, got an array")
    tensor_file("text_behind_json", '{} x', message="byte 11: expected end of input, got invalid literal")
    tensor_file("nul_behind", '{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}' + "\0" * 5, bytes(8),
                "byte 69: expected end of input, got a NUL byte")
    tensor_file("tensor_is_a_number", '{"a":1}',
                message="byte 13: tensor 'a': expected an object with dtype, shape and data_offsets, got 1")
    tensor_file("no_dtype", '{"a":{"shape":[1],"data_offsets":[0,4]}}', bytes(4),
                "byte 46: tensor 'a': expected 'dtype', got none")
    tensor_file("no_shape", '{"a":{"dtype":"F32","data_offsets":[0,4]}}', bytes(4),
                "byte 48: tensor 'a': expected 'shape', got none")
    tensor_file("no_offsets", '{"a":{"dtype":"F32","shape":[1]}}', bytes(4),
                "byte 39: tensor 'a': expected 'data_offsets', got none")
    tensor_file("unknown_dtype", header(a=entry("F33")), bytes(16),
                "byte 22: tensor 'a': dtype: expected a dtype of the format, got 'F33'")
    tensor_file("dtype_is_a_number", '{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}', bytes(4),
                "byte 22: tensor 'a': dtype: expected a text, got 32")
    tensor_file("shape_negative", header(a=entry(shape=(-2, 2))), bytes(16),
                "byte 37: tensor 'a': shape: expected an integer from 0 to 2^64-1, got -2")
    tensor_file("shape_fraction", header(a=entry(shape=(2.5, 2))), bytes(16),
                "byte 37: tensor 'a': shape: expected an integer from 0 to 2^64-1, got 2.5")
    tensor_file("shape_over_64_bits", '{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}}', bytes(4),
                "byte 37: tensor 'a': shape: expected an integer from 0 to 2^64-1, got 18446744073709551616")
    tensor_file("shape_is_a_text", '{"a":{"dtype":"F32","shape":"2x2","data_offsets":[0,16]}}', bytes(16),
                "byte 36: tensor 'a': shape: expected an array of sizes, got '2x2'")
    tensor_file("rank_nine", header(a=entry(shape=(1,) * 9, offsets=(0, 4))), bytes(4),
                "byte 53: tensor 'a': shape: expected at most 8 dimensions, got more")
    tensor_file("one_offset", header(a=entry(offsets=(0,))), bytes(16),
                "byte 59: tensor 'a': data_offsets: expected 2 numbers, got 1")
    tensor_file("three_offsets", header(a=entry(offsets=(0, 16, 32))), bytes(16),
                "byte 63: tensor 'a': data_offsets: expected 2 numbers, got more")
    tensor_file("name_twice", '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
                message="byte 62: header: expected each key once, got 'a' again")
    tensor_file("dtype_twice", '{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}', bytes(4),
                "byte 28: tensor 'a': expected each key once, got 'dtype' again")
    tensor_file("metadata_number", '{"__metadata__":{"format":1}}',
                message="byte 34: __metadata__ 'format': expected a text, got 1")
    tensor_file("metadata_array", '{"__metadata__":[]}', message="byte 24: __metadata__: expected an object of texts, got an array")
    tensor_file("metadata_twice", '{"__metadata__":{},"__metadata__":{}}',
                message="byte 27: header: expected each key once, got '__metadata__' again")
    tensor_file("too_deep", '{"a":{"x":' + "[" * 70 + "]" * 70 + "}}", message="byte 80: expected at most 64 nested levels, got more")
    tensor_file("hole_first", header(a=entry(offsets=(4, 20))), bytes(20),
                "tensor 'a': data_offsets: expected to begin at 0, got 4")
    tensor_file("hole_between", header(a=entry(), b=entry(offsets=(20, 36))), bytes(36),
                "tensor 'b': data_offsets: expected to begin at 16, got 20")
    tensor_file("overlap", header(a=entry(), b=entry(offsets=(12, 28))), bytes(28),
                "tensor 'b': data_offsets: expected to begin at 16, got 12")
    tensor_file("alias", header(a=entry(), b=entry()), bytes(16),
                "tensor 'b': data_offsets: expected to begin at 16, got 0")
    tensor_file("end_before_begin", header(a=entry(), b=entry(offsets=(16, 8))), bytes(16),
                "tensor 'b': data_offsets: expected an end not before 16, got 8")
    tensor_file("product_overflow", header(a=entry(shape=(2, big - 1))), bytes(16),
                f"tensor 'a': shape: expected fewer than 2^64 bits, got F32 [2, {big - 1}]")
    tensor_file("product_overflow_then_zero", header(a=entry(shape=(big, 2, 0), offsets=(0, 0))),
                message=f"tensor 'a': shape: expected fewer than 2^64 bits, got F32 [{big}, 2, 0]")
    tensor_file("half_bytes", header(a=entry("F4", (3,), (0, 2))), bytes(2),
                "tensor 'a': shape: expected whole bytes, got 12 bits")
    tensor_file("too_short_for_shape", header(a=entry(offsets=(0, 4))), bytes(4),
                "tensor 'a': data_offsets: expected 16 bytes for F32 [2, 2], got 4")
    tensor_file("truncated", sound, bytes(14), "data: expected 16 bytes, got 14")
    tensor_file("trailing", sound, bytes(17), "data: expected 16 bytes, got 17")
    tensor_file("control_in_name", header(**{"a\nb\u202e": entry(offsets=(1, 17))}), bytes(17),
                "tensor 'a\\x0Ab\u202e': data_offsets: expected to begin at 0, got 1")


# --- JSON -------------------------------------------------------------------------------------------------------------


def json_file(name, text, message):
    path = f"json/{name}.json"
    put(path, text)
    expect("json", path, f"{name}.json: {message}" if message else "")


def json_files():
    json_file("valid_deep", "[" * 64 + "]" * 64, "")
    json_file("empty", "", f"expected JSON, got an empty file: {AGAIN}")
    json_file("cut", '{"hidden_size": 192, "layers"', "byte 29: expected ':', got end of input")
    json_file("cut_in_text", '{"hidden', "byte 8: expected string literal, got invalid string: missing closing quote")
    json_file("no_colon", '{"hidden_size" 192}', "byte 17: expected ':', got number literal")
    json_file("trailing_comma", '{"a": 1,}', "byte 8: expected string literal, got '}'")
    json_file("comment", '{"a": 1 // one\n}', "byte 8: expected '}', got invalid literal")
    json_file("nul_behind", '{"a": 1}\0 {"b": 2}', "byte 8: expected end of input, got a NUL byte")
    json_file("nul_inside", '{"a": \0 1}', "byte 6: expected '[', '{', or a literal, got a NUL byte")
    json_file("two_values", "{} {}", "byte 3: expected end of input, got '{'")
    json_file("key_twice", '{"a": 1, "b": {"c": 1, "d": 2, "c": 3}}', "byte 31: expected each key once, got 'c' again")
    json_file("key_twice_escaped", '{"a\\"": 1, "\\u0061\\"": 2}', "byte 11: expected each key once, got 'a\"' again")
    json_file("too_deep", "[" * 65 + "]" * 65, "byte 64: expected at most 64 nested levels, got more")
    json_file("too_deep_objects", '{"a":' * 70, "byte 320: expected at most 64 nested levels, got more")
    json_file("number_too_large", "[1e400]", "byte 5: expected JSON, got number overflow parsing '1e400'")
    json_file("leading_zero", "[01]", "byte 2: expected ']', got number literal")
    json_file("single_quotes", "{'a': 1}", "byte 1: expected string literal, got invalid literal")
    json_file("not_utf8", b'{"a": "\xff"}', "byte 7: expected JSON, got invalid string: ill-formed UTF-8 byte")
    json_file("lone_surrogate", '["\\ud800"]', "byte 8: expected JSON, got invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF")
    json_file("nan", '{"a": NaN}', "byte 6: expected JSON, got invalid literal")
    json_file("control_in_text", '["a\tb"]', "byte 3: expected JSON, got invalid string: control character U+0009 (HT) must be escaped to \\u0009 or \\t")
    json_file("utf16", '{"a": 1}'.encode("utf-16"), "expected JSON, got text in UTF-16: save it as UTF-8")


# --- tokenizers -------------------------------------------------------------------------------------------------------

VOCAB = {"a": 0, "b": 1, "a</w>": 2, "b</w>": 3, "ab</w>": 4, "<|startoftext|>": 5, "<|endoftext|>": 6}
PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
SOUND = {
    "version": "1.0",
    "added_tokens": [
        {"id": i, "content": c, "single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": True}
        for c, i in (("<|startoftext|>", 5), ("<|endoftext|>", 6))
    ],
    "normalizer": {"type": "Sequence", "normalizers": [
        {"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}, {"type": "Lowercase"}]},
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Removed", "invert": True},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]},
    "model": {"type": "BPE", "unk_token": "<|endoftext|>", "end_of_word_suffix": "</w>", "vocab": VOCAB, "merges": ["a b</w>"]},
}


def tokenizer(name, change, message, **more):
    """tokenizer.json: SOUND with `change` applied to a copy; further files by name."""
    root = copy.deepcopy(SOUND)
    change(root)
    put(f"tokenizer/{name}/tokenizer.json", json.dumps(root, separators=(",", ":")))
    for file, text in more.items():
        put(f"tokenizer/{name}/{file}.json", text)
    expect("tokenizer", f"tokenizer/{name}", message)


def edit(path, value):
    """Sets (or with a callable, changes) one place of a tokenizer, "model.vocab.a"."""
    def apply(root):
        keys = [int(k) if k.isdigit() else k for k in path.split("/")]
        for key in keys[:-1]:
            root = root[key]
        root[keys[-1]] = value
    return apply


def drop(path):
    def apply(root):
        keys = [int(k) if k.isdigit() else k for k in path.split("/")]
        for key in keys[:-1]:
            root = root[key]
        del root[keys[-1]]
    return apply


def tokenizers():
    file = "tokenizer.json: "
    tokenizer("valid", lambda root: None, "")
    tokenizer("valid_pairs", edit("model/merges", [["a", "b</w>"]]), "")
    tokenizer("no_model", drop("model"), file + "model: expected an object, got none")
    tokenizer("model_text", edit("model", "BPE"), file + "model: expected an object, got 'BPE'")
    tokenizer("word_piece", edit("model/type", "WordPiece"), file + "model.type: expected 'BPE', got 'WordPiece'")
    tokenizer("no_suffix", edit("model/end_of_word_suffix", None), file + "model.end_of_word_suffix: expected '</w>', got null")
    tokenizer("byte_fallback", edit("model/byte_fallback", True), file + "model.byte_fallback: expected false, got true")
    tokenizer("dropout", edit("model/dropout", 0.1), file + "model.dropout: expected none, got 0.1")
    tokenizer("no_normalizer", edit("normalizer", None),
              file + "normalizer: expected CLIP's sequence NFC, Replace \\s+ by a space, Lowercase, got null")
    tokenizer("bytelevel_only", edit("pre_tokenizer", {"type": "ByteLevel"}),
              file + "pre_tokenizer: expected CLIP's sequence Split, ByteLevel, got an object")
    tokenizer("other_pattern", edit("pre_tokenizer/pretokenizers/0/pattern/Regex", "\\s+"),
              file + "pre_tokenizer.pretokenizers[0].pattern: expected CLIP's pattern, got '\\s+'")
    tokenizer("no_vocab", drop("model/vocab"), file + "model.vocab: expected an object of ids, got null")
    tokenizer("empty_vocab", edit("model/vocab", {}), file + "model.vocab: expected entries, got none")
    tokenizer("id_negative", edit("model/vocab/a", -1), file + "model.vocab 'a': expected an id from 0 to 16777215, got -1")
    tokenizer("id_text", edit("model/vocab/a", "0"), file + "model.vocab 'a': expected an id from 0 to 16777215, got '0'")
    tokenizer("id_huge", edit("model/vocab/a", 1 << 24), file + "model.vocab 'a': expected an id from 0 to 16777215, got 16777216")
    tokenizer("id_gap", edit("model/vocab/a", 16777215),
              file + "model.vocab: expected ids without large gaps, got 7 entries with ids up to 16777215")
    tokenizer("id_shared", edit("model/vocab/b", 0), file + "model.vocab 'b': expected an id of its own, got 0 as 'a' has")
    tokenizer("empty_token", edit("model/vocab/", 7), file + "model.vocab: expected tokens that are not empty, got '' for id 7")
    tokenizer("no_merges", drop("model/merges"), file + "model.merges: expected an array, got null")
    tokenizer("merge_of_three", edit("model/merges/0", "a b c"),
              file + "model.merges[0]: expected \"left right\" or [\"left\", \"right\"], got 'a b c'")
    tokenizer("merge_of_numbers", edit("model/merges/0", [0, 3]),
              file + "model.merges[0]: expected \"left right\" or [\"left\", \"right\"], got an array of 2")
    tokenizer("merge_unknown_part", edit("model/merges/0", "a c</w>"), file + "model.merges[0]: expected 'c</w>' in the vocabulary, got none")
    tokenizer("merge_unknown_result", edit("model/merges/0", ["b", "a</w>"]),
              file + "model.merges[0]: expected 'ba</w>' in the vocabulary, got none")
    tokenizer("unknown_unk", edit("model/unk_token", "<unk>"),
              file + "model.unk_token: expected a token of the vocabulary, got '<unk>'")
    tokenizer("added_object", edit("added_tokens", {}), file + "added_tokens: expected an array, got an object")
    tokenizer("added_no_content", drop("added_tokens/1/content"), file + "added_tokens[1].content: expected a text, got none")
    tokenizer("added_no_id", drop("added_tokens/1/id"), file + "added_tokens[1].id: expected an id from 0 to 16777215, got none")
    tokenizer("added_empty", edit("added_tokens/1/content", ""), file + "added_tokens[1]: expected a token of 1 to 512 bytes, got 0")
    tokenizer("added_other_id", edit("added_tokens/1/id", 3),
              file + "added_tokens[1]: expected id 6 for '<|endoftext|>' as in the vocabulary, got 3")
    tokenizer("added_taken_id", edit("added_tokens/1", {"id": 0, "content": "<new>"}),
              file + "added_tokens[1]: expected an id of its own for '<new>', got 0 as 'a' has")
    tokenizer("added_far_id", edit("added_tokens/1", {"id": 5000, "content": "<new>"}),
              file + "added_tokens[1]: expected an id near the 7 of the vocabulary, got 5000")
    tokenizer("added_flag_number", edit("added_tokens/0/lstrip", 1), file + "added_tokens[0].lstrip: expected true or false, got 1")
    tokenizer("bos_unknown", lambda root: None, "special_tokens_map.json: bos_token: expected '<s>' in the vocabulary, got none",
              special_tokens_map='{"bos_token":"<s>"}')
    tokenizer("eos_number", lambda root: None,
              "tokenizer_config.json: eos_token: expected a text or an object with content, got 6", tokenizer_config='{"eos_token":6}')
    tokenizer("config_cut", lambda root: None, "tokenizer_config.json: byte 1: expected string literal, got end of input",
              tokenizer_config="{")
    tokenizer("config_array", lambda root: None, "tokenizer_config.json: top: expected an object, got an array of 0",
              tokenizer_config="[]")
    put("tokenizer/cut/tokenizer.json", '{"model":{"vocab":{"a":0,')
    expect("tokenizer", "tokenizer/cut", "tokenizer.json: byte 25: expected string literal, got end of input")
    put("tokenizer/twice/tokenizer.json", '{"model":{"type":"BPE","vocab":{"a":0,"b":1,"a":2}}}')
    expect("tokenizer", "tokenizer/twice", "tokenizer.json: byte 44: expected each key once, got 'a' again")


def slow(name, vocab, merges, message, **more):
    """vocab.json and merges.txt."""
    if vocab is not None:
        put(f"slow/{name}/vocab.json", vocab if isinstance(vocab, str) else json.dumps(vocab, separators=(",", ":")))
    if merges is not None:
        put(f"slow/{name}/merges.txt", merges)
    for file, text in more.items():
        put(f"slow/{name}/{file}.json", text)
    expect("tokenizer", f"slow/{name}", message)


def slow_tokenizers():
    first = "#version: 0.2\n"
    slow("valid", VOCAB, first + "a b</w>\n", "")
    slow("valid_crlf", VOCAB, first.replace("\n", "\r\n") + "a b</w>\r\n\r\n", "", added_tokens='{"<new>":7}')
    slow("no_vocab", None, first + "a b</w>\n", "no_vocab: open: expected tokenizer.json, or vocab.json and merges.txt, got neither")
    slow("no_merges", VOCAB, None, "merges.txt: open: expected a readable file, got 'No such file or directory'")
    slow("vocab_array", "[]", first, "vocab.json: entry: expected an object of ids, got an array of 0")
    slow("vocab_fraction", {**VOCAB, "a": 0.5}, first, "vocab.json: entry 'a': expected an id from 0 to 16777215, got 0.5")
    slow("vocab_shared", {**VOCAB, "x": 1}, first, "vocab.json: entry 'x': expected an id of its own, got 1 as 'b' has")
    slow("vocab_no_eos", {k: v for k, v in VOCAB.items() if k != "<|endoftext|>"}, first + "a b</w>\n",
         "vocab.json: eos_token: expected '<|endoftext|>' in the vocabulary, got none")
    slow("merge_single", VOCAB, first + "ab</w>\n", "merges.txt: line 2: expected two symbols with one space between, got 'ab</w>'")
    slow("merge_two_spaces", VOCAB, first + "a  b</w>\n", "merges.txt: line 2: expected two symbols with one space between, got 'a  b</w>'")
    slow("merge_blank", VOCAB, first + "\na b</w>\n", "merges.txt: line 2: expected two symbols with one space between, got ''")
    slow("merge_no_version", VOCAB, "a x\n", "merges.txt: line 1: expected 'x' in the vocabulary, got none")
    slow("merge_result", VOCAB, first + "a b</w>\na a\n", "merges.txt: line 3: expected 'aa' in the vocabulary, got none")
    slow("merge_binary", VOCAB, first.encode() + b"\xff\x00 \xfe\n",
         "merges.txt: line 2: expected '\\xFF\\x00' in the vocabulary, got none")
    slow("added_id", VOCAB, first, "added_tokens.json: '<new>': expected an id from 0 to 16777215, got -1", added_tokens='{"<new>":-1}')
    slow("added_far", VOCAB, first, "added_tokens.json: '<new>': expected an id near the 7 of the vocabulary, got 9999",
         added_tokens='{"<new>":9999}')


# --- pictures and arrays ----------------------------------------------------------------------------------------------


def npy(name, data, message):
    put(f"npy/{name}.npy", data)
    expect("npy", f"npy/{name}.npy", f"{name}.npy: {message}" if message else "")


def npy_files():
    def array(text, data=bytes(24), version=1):
        return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text.encode() + data
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n"
    npy("valid", array(text), "")
    npy("valid_v2", array(text, version=2), "")
    npy("not_npy", "PK\x03\x04 not an array", "expected a NumPy array (.npy), got a ZIP archive: unpack it first")
    npy("version", array(text, version=4), "byte 6: version: expected 1, 2 or 3, got 4")
    npy("cut_header", array(text)[:40], "header: expected 60 bytes, got 30")
    npy("cut_data", array(text)[:-1], "data: expected 24 bytes for <f4 (2, 3), got 23")
    npy("big_endian", array(text.replace("<f4", ">f4")), "descr: expected <f4, <f8, <i4 or <i8, got '>f4'")
    npy("objects", array(text.replace("<f4", "|O")), "descr: expected <f4, <f8, <i4 or <i8, got '|O'")
    npy("fortran", array(text.replace("False", "True")), "fortran_order: expected False, got True")
    npy("overflow", array(text.replace("(2, 3)", "(4611686018427387904, 4)")),
        "shape: expected fewer than 2^64 bytes, got <f4 (4611686018427387904, 4)")
    npy("negative", array(text.replace("(2, 3)", "(-2, 3)")), "byte 61: header: expected a size below 2^63, or ')', got '-2, 3), }\\x0A'")
    npy("size_over_63_bits", array(text.replace("(2, 3)", "(0, 9223372036854775808)"), b""),
        "byte 64: header: expected a size below 2^63, or ')', got '922337203685'")
    npy("size_over_64_bits", array(text.replace("(2, 3)", "(0, 92233720368547758080)"), b""),
        "byte 64: header: expected a size below 2^63, or ')', got '922337203685'")
    npy("code", array("__import__('os').system('true')"), "byte 10: header: expected '{', got '__import__(''")


def png_files():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def png(name, width, height, rows, message, cut=None, spoil=None):
        data = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))
        data = data[:cut]
        if spoil is not None:
            data = data[:spoil] + bytes([data[spoil] ^ 1]) + data[spoil + 1:]
        put(f"png/{name}.png", data)
        expect("png", f"png/{name}.png", f"{name}.png: {message}" if message else "")

    rows = (b"\0" + bytes(range(6))) * 2
    png("valid", 2, 2, rows, "")
    png("cut", 2, 2, rows, "byte 41: expected a sound PNG, got 'the file ends too early'", cut=45)
    png("crc", 2, 2, rows, "byte 33: expected a sound PNG, got 'IHDR: CRC error'", spoil=18)
    png("too_wide", 16385, 1, b"", "byte 33: expected a sound PNG, got 'Invalid IHDR data'")
    png("too_large", 16384, 16384, b"", "size: expected at most 268435456 bytes of pixels, got 1073741824")
    png("bomb", 8000, 8000, b"", "data: expected at least 184615 bytes for 8000x8000 pixels, got 65")
    put("png/gif.png", b"GIF89a\x01\0\x01\0")
    expect("png", "png/gif.png", "gif.png: byte 0: expected the mark of a PNG, got 'GIF89a\\x01\\x00'")


def main():
    for folder in ("safetensors", "json", "tokenizer", "slow", "npy", "png"):
        shutil.rmtree(os.path.join(HERE, folder), ignore_errors=True)
    for make in (safetensors, json_files, tokenizers, slow_tokenizers, npy_files, png_files):
        make()
    with open(os.path.join(HERE, "expected.json"), "w", encoding="utf-8") as out:
        out.write("[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in EXPECTED) + "\n]\n")
    bad = sum(item["message"] != "" for item in EXPECTED)
    print(bad, "malformed files,", len(EXPECTED) - bad, "sound ones")


if __name__ == "__main__":
    main()
