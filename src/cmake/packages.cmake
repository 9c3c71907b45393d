# Every third-party library, each as one imported target. Debian packages only.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

foreach(pair IN ITEMS
        GRPC:grpc GPR:gpr PROTOBUF_C:libprotobuf-c UUID:uuid SODIUM:libsodium CYAML:libcyaml YAML:yaml-0.1
        MICROHTTPD:libmicrohttpd JANSSON:jansson ZLIB:zlib CRYPTO:libcrypto LMDB:lmdb LIBXML2:libxml-2.0
        XXHASH:libxxhash QRENCODE:libqrencode CURL:libcurl)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 name)
    list(GET pair 1 module)
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
endforeach()

# Two libraries that Debian ships without a pkg-config file.
find_library(CSV_LIBRARY csv REQUIRED)
add_library(talea_csv INTERFACE)
target_link_libraries(talea_csv INTERFACE ${CSV_LIBRARY})
if(BUILD_TESTING)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()

find_program(PROTOC protoc REQUIRED)
find_program(PROTOC_C protoc-c REQUIRED)
