"""Writes into a RocksDB directory as another program would: through the library's C interface."""

import ctypes
import ctypes.util

META_KEY = b"\xff\xff\xff\xff"


def library(name):
    found = ctypes.util.find_library(name)
    assert found, f"lib{name} is not installed"
    return ctypes.CDLL(found)


def xxh3_64(data):
    hasher = library("xxhash").XXH3_64bits
    hasher.restype, hasher.argtypes = ctypes.c_uint64, [ctypes.c_char_p, ctypes.c_size_t]
    return hasher(data, len(data))


def seal(value):
    """A stored value with its check, as docs/formats.md has it."""
    return value + xxh3_64(value).to_bytes(8, "little")


class Database:
    """with Database(directory) as db: db.put(key, value)"""

    def __init__(self, directory):
        self.lib = library("rocksdb")
        for name in ("rocksdb_options_create", "rocksdb_open", "rocksdb_writeoptions_create",
                     "rocksdb_readoptions_create", "rocksdb_get"):
            getattr(self.lib, name).restype = ctypes.c_void_p
        options = ctypes.c_void_p(self.lib.rocksdb_options_create())
        self.lib.rocksdb_options_set_create_if_missing(options, ctypes.c_ubyte(1))
        self.db = ctypes.c_void_p(self.call(self.lib.rocksdb_open, options, str(directory).encode()))

    def call(self, function, *arguments):
        failure = ctypes.c_char_p()
        result = function(*arguments, ctypes.byref(failure))
        assert not failure.value, failure.value
        return result

    def put(self, key, value):
        options = ctypes.c_void_p(self.lib.rocksdb_writeoptions_create())
        self.call(self.lib.rocksdb_put, self.db, options, key, ctypes.c_size_t(len(key)), value,
                  ctypes.c_size_t(len(value)))

    def get(self, key):
        options = ctypes.c_void_p(self.lib.rocksdb_readoptions_create())
        size = ctypes.c_size_t()
        found = self.call(self.lib.rocksdb_get, self.db, options, key, ctypes.c_size_t(len(key)),
                          ctypes.byref(size))
        return None if not found else ctypes.string_at(found, size.value)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lib.rocksdb_close(self.db)
