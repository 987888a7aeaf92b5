"""
Trains 40 tokenizers with every kind of model, normaliser, pre-tokenizer and decoder, and writes what each makes of 60 texts, for
test/backends/tokenizers.test.ts and parity/tokenizers.ts:

    pip install tokenizers==0.23.3
    python parity/train-tokenizers.py test/fixtures/tokenizers.json.gz
"""
import gzip
import json
import sys

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = [
    "Where is my parcel? It was sent on Monday, 12 May 2024, by DHL.",
    "The order #4711 costs 19.99 EUR; can't you deliver it earlier?",
    "Ein Paket für Jörg Müller, Straße 5, ist verspätet: schöne Grüße!",
    "Le café coûte 3 € à l'hôtel; où est la clé, s'il vous plaît ?",
    "naïve façade, coöperate, Ångström, İstanbul, ﬁne ½ ① Ⅳ",
    "漢字とひらがなとカタカナ。今日は天気がいいですね。 한국어 텍스트도 있습니다",
    "def add(a, b):\n    return a + b  # 1 + 2 == 3\n\nprint(add(10, 200))",
    "Привет, мир! שלום עולם مرحبا بالعالم नमस्ते दुनिया สวัสดี",
    "👩‍👩‍👧‍👦 🙂 🇩🇪 e\u0301 \u00a0 \u200b tab\there",
    "the the the a a parcel parcel order orders ordered ordering late later latest",
] * 5

TEXTS = [
    "", " ", "  ", "\n", "a", " a", "a ", "  a  b  ", "Hello", "Hello, world!", "hello world", "HELLO WORLD",
    "Where is my parcel?", "the order is late", "orders ordered", "don't can't I'll we've", "12 345 6789", "19.99 EUR",
    "a1b22c333", "3.14159", "2024-05-12T10:00", "foo_bar.baz", "x=1;y=2", "a+b-c*d/e", "(a)[b]{c}", "...", "!?!?", "\"quoted\"", "it's",
    "für Müller", "Straße", "naïve façade", "e\u0301 é", "Å Å", "ﬁne ½ ①", "İstanbul", "ǅ ß ẞ", "café\u0300",
    "漢字", "今日は天気がいい", "한국어 텍스트", "Привет, мир!", "שלום", "مرحبا", "नमस्ते", "สวัสดี", "mixed 漢字 text",
    "🙂", "👩‍👩‍👧‍👦", "🇩🇪 flag", "a🙂b", "tab\tnew\nline\r\nend", "\u00a0nbsp\u00a0", "zero\u200bwidth", "\ufeffbom",
    "<s>", "a<mask>b", "[CLS] a [SEP]", "▁under", "Ġbyte Ċ",
]
assert len(TEXTS) == 60, len(TEXTS)

N, P, D, S = normalizers, pre_tokenizers, decoders, ["<unk>", "<s>", "</s>"]
CASES = {}


def case(name, kind, normalizer=None, pre=None, decoder=None, post=None, added=(), **options):
    CASES[name] = (kind, normalizer, pre, decoder, post, added, options)


def regex(pattern, behaviour, invert=False):
    return P.Split(Regex(pattern), behaviour, invert)


LLAMA = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
TEMPLATE = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A $B", special_tokens=[("<s>", 1), ("</s>", 2)])

case("BPE, byte level", "bpe", None, P.ByteLevel(add_prefix_space=False), D.ByteLevel(), processors.ByteLevel())
case("BPE, byte level with a space before", "bpe", None, P.ByteLevel(add_prefix_space=True), D.ByteLevel(), TEMPLATE)
case("BPE, byte level without its pattern", "bpe", None, P.ByteLevel(add_prefix_space=False, use_regex=False), D.ByteLevel())
case("BPE, pattern of Llama 3", "bpe", None, P.Sequence([regex(LLAMA, "isolated"), P.ByteLevel(False, use_regex=False)]), D.ByteLevel(), TEMPLATE)
case("BPE, NFC and byte level", "bpe", N.NFC(), P.ByteLevel(add_prefix_space=False), D.ByteLevel())
case("BPE, bytes for the unknown, as Llama 2", "bpe", N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), None,
     D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)]), TEMPLATE, byte_fallback=True, fuse_unk=True)
case("BPE, Metaspace first", "bpe", None, P.Metaspace(prepend_scheme="first"), D.Metaspace(prepend_scheme="first"))
case("BPE, Metaspace always", "bpe", None, P.Metaspace(prepend_scheme="always"), D.Metaspace(prepend_scheme="always"))
case("BPE, Metaspace never", "bpe", None, P.Metaspace(prepend_scheme="never"), D.Metaspace(prepend_scheme="never"))
case("BPE, Metaspace without split", "bpe", None, P.Metaspace(prepend_scheme="always", split=False), D.Metaspace(prepend_scheme="always", split=False))
case("BPE, ends of words", "bpe", N.Lowercase(), P.Whitespace(), D.BPEDecoder("</w>"), end_of_word_suffix="</w>")
case("BPE, continued words", "bpe", N.Lowercase(), P.WhitespaceSplit(), D.WordPiece("##", False), continuing_subword_prefix="##")
case("BPE, digits one by one", "bpe", None, P.Sequence([P.Digits(individual_digits=True), P.ByteLevel(False)]), D.ByteLevel())
case("BPE, digits together", "bpe", None, P.Sequence([P.Digits(individual_digits=False), P.ByteLevel(False)]), D.ByteLevel())
case("BPE, normalised to bytes", "bpe", N.ByteLevel(), regex("Ġ", "merged_with_next"), D.ByteLevel())
case("BPE, added tokens", "bpe", None, P.ByteLevel(False), D.ByteLevel(), None,
     (AddedToken("<mask>", lstrip=True, special=True), AddedToken("parcel", single_word=True), AddedToken("LATE", normalized=True)))
case("BPE, merges ignored for whole words", "bpe", None, P.WhitespaceSplit(), D.Fuse(), ignore_merges=True)
case("WordPiece, as BERT", "wordpiece", N.BertNormalizer(), P.BertPreTokenizer(), D.WordPiece(), processors.BertProcessing(("</s>", 2), ("<s>", 1)))
case("WordPiece, as BERT with case", "wordpiece", N.BertNormalizer(lowercase=False), P.BertPreTokenizer(), D.WordPiece())
case("WordPiece, without Chinese characters apart", "wordpiece", N.BertNormalizer(handle_chinese_chars=False, strip_accents=False), P.BertPreTokenizer(), D.WordPiece(cleanup=False))
case("WordPiece, NFD and no accents", "wordpiece", N.Sequence([N.NFD(), N.StripAccents(), N.Lowercase()]), P.Whitespace(), D.WordPiece())
case("WordPiece, NFKC", "wordpiece", N.NFKC(), P.Sequence([P.WhitespaceSplit(), P.Punctuation("isolated")]), D.WordPiece("##", False))
case("WordPiece, NFKD", "wordpiece", N.NFKD(), P.Whitespace(), D.WordPiece("##", False))
case("WordPiece, Nmt", "wordpiece", N.Nmt(), P.WhitespaceSplit(), D.WordPiece())
case("WordPiece, stripped", "wordpiece", N.Strip(True, True), P.BertPreTokenizer(), D.WordPiece())
case("WordLevel, white space", "wordlevel", None, P.Whitespace(), None)
case("WordLevel, punctuation with what follows", "wordlevel", None, P.Sequence([P.WhitespaceSplit(), P.Punctuation("merged_with_next")]), D.Fuse())
case("WordLevel, punctuation with what precedes", "wordlevel", None, P.Sequence([P.WhitespaceSplit(), P.Punctuation("merged_with_previous")]), D.Fuse())
case("WordLevel, punctuation removed", "wordlevel", None, P.Sequence([P.WhitespaceSplit(), P.Punctuation("removed")]), None)
case("WordLevel, punctuation together", "wordlevel", None, P.Sequence([P.WhitespaceSplit(), P.Punctuation("contiguous")]), None)
case("WordLevel, scripts", "wordlevel", None, P.UnicodeScripts(), D.Fuse())
case("WordLevel, split at a character", "wordlevel", None, P.CharDelimiterSplit(" "), None)
case("WordLevel, split at a pattern, removed", "wordlevel", None, regex("[\\s,;.]+", "removed"), None)
case("WordLevel, kept by a pattern", "wordlevel", N.Replace(Regex("[0-9]+"), "#"), regex("\\p{L}+|#", "removed", True), None)
case("WordLevel, CTC", "wordlevel", None, regex("", "isolated"), D.CTC("<unk>", " "))
case("WordLevel, fixed length", "wordlevel", None, P.FixedLength(3), D.Fuse())
case("Unigram, Metaspace", "unigram", N.NFKC(), P.Metaspace(), D.Metaspace(), TEMPLATE)
case("Unigram, white space and Metaspace", "unigram", N.Sequence([N.Nmt(), N.NFKC(), N.Replace(Regex(" {2,}"), " ")]), P.Sequence([P.WhitespaceSplit(), P.Metaspace()]), D.Metaspace())
case("Unigram, bytes for the unknown", "unigram", None, P.Metaspace(prepend_scheme="first"), D.Sequence([D.ByteFallback(), D.Metaspace(prepend_scheme="first")]), byte_fallback=True)
case("Unigram, as RoBERTa", "unigram", N.Lowercase(), P.Whitespace(), D.Fuse(), processors.RobertaProcessing(("</s>", 2), ("<s>", 1)))
assert len(CASES) == 40, len(CASES)

BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def train(kind, normalizer, pre, options):
    size = 420 + (256 if options.get("byte_fallback") else 0)
    special = S + (BYTES if options.get("byte_fallback") else [])
    affixes = {key: value for key, value in options.items() if key.endswith(("suffix", "prefix"))}
    if kind == "bpe":
        made = Tokenizer(models.BPE(unk_token="<unk>", **options))
        trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False, **affixes)
    elif kind == "wordpiece":
        made = Tokenizer(models.WordPiece(unk_token="<unk>"))
        trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False)
    elif kind == "wordlevel":
        made = Tokenizer(models.WordLevel(unk_token="<unk>"))
        trainer = trainers.WordLevelTrainer(vocab_size=size, special_tokens=special, show_progress=False)
    else:
        made = Tokenizer(models.Unigram())
        trainer = trainers.UnigramTrainer(vocab_size=size, special_tokens=special, unk_token="<unk>", show_progress=False)
    if normalizer is not None:
        made.normalizer = normalizer
    if pre is not None:
        made.pre_tokenizer = pre
    made.train_from_iterator(CORPUS, trainer)
    return made


def build(name):
    kind, normalizer, pre, decoder, post, added, options = CASES[name]
    made = train(kind, normalizer, pre, options)
    if decoder is not None:
        made.decoder = decoder
    if post is not None:
        made.post_processor = post
    definition = json.loads(made.to_str())
    if options.get("byte_fallback"):
        # The trainer knows special tokens only; as bytes they are ordinary ones.
        definition["added_tokens"] = [token for token in definition["added_tokens"] if token["content"] not in BYTES]
        definition["model"]["byte_fallback"] = True
    made = Tokenizer.from_str(json.dumps(definition))
    if added:
        made.add_tokens([token for token in added if not token.special])
        made.add_special_tokens([token for token in added if token.special])
    encoded = [made.encode(text, add_special_tokens=True).ids for text in TEXTS]
    decoded = [made.decode(ids, skip_special_tokens=True) for ids in encoded]
    return {"name": name, "definition": json.loads(made.to_str()), "encoded": encoded, "decoded": decoded}


def main(target):
    found = {"tokenizers": tokenizers.__version__, "texts": TEXTS, "cases": [build(name) for name in CASES]}
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    if target == "-":
        sys.stdout.write(text)
        return
    with gzip.GzipFile(target, "wb", mtime=0) as file:
        file.write(text.encode("utf8"))


main(sys.argv[1])
