# talea_proto_library(NAME PROTOS path.proto ... [ROOT folder])
#
# The static library NAME of the C code that protoc-c makes of the PROTOS (paths relative to ROOT,
# which is the current source folder unless given), and of their FileDescriptorSet with all imports:
#
#   extern const unsigned char NAME_descriptor_set[];
#   extern const unsigned long NAME_descriptor_set_length;
#
# declared in "NAME_descriptor_set.h". Everything lies in the build tree under proto/, which is a
# system include folder of whoever links NAME: "talea/v1/refusal.pb-c.h".
find_program(PROTOC protoc REQUIRED)
find_program(PROTOC_C protoc-c REQUIRED)
set(TALEA_PROTO_DIR ${CMAKE_BINARY_DIR}/proto)
set(TALEA_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed.cmake)

function(talea_proto_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "ROOT" "PROTOS")
    if(NOT arg_ROOT)
        set(arg_ROOT ${CMAKE_CURRENT_SOURCE_DIR})
    endif()
    file(MAKE_DIRECTORY ${TALEA_PROTO_DIR})
    set(sources)
    set(inputs)
    foreach(proto IN LISTS arg_PROTOS)
        string(REGEX REPLACE "\\.proto$" ".pb-c" stem ${proto})
        set(c ${TALEA_PROTO_DIR}/${stem}.c)
        set(h ${TALEA_PROTO_DIR}/${stem}.h)
        add_custom_command(
            OUTPUT ${c} ${h}
            COMMAND ${PROTOC_C} --proto_path=${arg_ROOT} --c_out=${TALEA_PROTO_DIR} ${proto}
            DEPENDS ${arg_ROOT}/${proto}
            COMMENT "protoc-c ${proto}"
            VERBATIM)
        list(APPEND sources ${c} ${h})
        list(APPEND inputs ${arg_ROOT}/${proto})
    endforeach()

    set(symbol ${name}_descriptor_set)
    set(set ${TALEA_PROTO_DIR}/${symbol}.pb)
    add_custom_command(
        OUTPUT ${set}
        COMMAND ${PROTOC} --proto_path=${arg_ROOT} --include_imports --descriptor_set_out=${set}
                ${arg_PROTOS}
        DEPENDS ${inputs}
        COMMENT "protoc ${symbol}"
        VERBATIM)
    add_custom_command(
        OUTPUT ${TALEA_PROTO_DIR}/${symbol}.c
        COMMAND ${CMAKE_COMMAND} -DINPUT=${set} -DOUTPUT=${TALEA_PROTO_DIR}/${symbol}.c
                -DSYMBOL=${symbol} -P ${TALEA_EMBED_SCRIPT}
        DEPENDS ${set} ${TALEA_EMBED_SCRIPT}
        COMMENT "embed ${symbol}"
        VERBATIM)
    file(CONFIGURE OUTPUT ${TALEA_PROTO_DIR}/${symbol}.h CONTENT
"extern const unsigned char @symbol@[];
extern const unsigned long @symbol@_length;
" @ONLY)

    add_library(${name} STATIC ${sources} ${TALEA_PROTO_DIR}/${symbol}.c)
    target_include_directories(${name} SYSTEM PUBLIC ${TALEA_PROTO_DIR})
    target_link_libraries(${name} PUBLIC PkgConfig::PROTOBUF_C)
    target_compile_options(${name} PRIVATE -w)
endfunction()
