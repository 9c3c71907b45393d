# talea_module(NAME SOURCES ... [DEPENDS module ...] [LIBRARIES target ...])
#
# Declares the static library talea_NAME of the folder src/NAME. Other modules see its headers as
# "NAME/header.h". DEPENDS are the modules it may call. Beside it, the executable arrow_NAME links
# the whole module against nothing but what it declared: a call that goes against the arrows leaves
# an undefined symbol and fails the build.
file(WRITE ${CMAKE_BINARY_DIR}/arrow.c "int main(void)\n{\n    return 0;\n}\n")

function(talea_module name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LIBRARIES")
    add_library(talea_${name} STATIC ${arg_SOURCES})
    target_compile_options(talea_${name} PRIVATE ${TALEA_WARNINGS})
    target_include_directories(talea_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    list(TRANSFORM arg_DEPENDS PREPEND talea_)
    target_link_libraries(talea_${name} PUBLIC ${arg_DEPENDS} ${arg_LIBRARIES} Threads::Threads)
    add_executable(arrow_${name} ${CMAKE_BINARY_DIR}/arrow.c)
    target_link_libraries(arrow_${name} PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,talea_${name}>)
    set_target_properties(arrow_${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/arrows)
endfunction()

# Modules that start threads of their own: tests that link them run under the thread sanitizer too.
set(TALEA_THREADED_MODULES audit engine telemetry rpc node client bench)

# talea_program(TARGET): an executable of ours, found as build/PRESET/TARGET.
function(talea_program target)
    target_compile_options(${target} PRIVATE ${TALEA_WARNINGS})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

# The labels of a test, and for each label the target tests_LABEL that builds all of its tests.
function(talea_label test target)
    foreach(label IN LISTS ARGN)
        if(NOT TARGET tests_${label})
            add_custom_target(tests_${label})
        endif()
        if(target)
            add_dependencies(tests_${label} ${target})
        endif()
    endforeach()
    set_tests_properties(${test} PROPERTIES LABELS "${ARGN}")
endfunction()

# talea_test(NAME SOURCES ... [DEPENDS module ...] [LIBRARIES target ...] [LABELS label ...]
#            [TIMEOUT seconds] [MANY_CASES])
#
# One cmocka executable, registered with CTest under the labels `unit`, LABELS, and `threads` where
# it uses a threaded module, but not with MANY_CASES: such a test goes the ways of its neighbours
# again and again, which shows threads nothing new. Exit code 77 is a skip.
function(talea_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "MANY_CASES" "TIMEOUT" "SOURCES;DEPENDS;LIBRARIES;LABELS")
    add_executable(test_${name} ${arg_SOURCES})
    target_compile_options(test_${name} PRIVATE ${TALEA_WARNINGS})
    set(labels unit ${arg_LABELS})
    foreach(module IN LISTS arg_DEPENDS)
        if(module IN_LIST TALEA_THREADED_MODULES AND NOT arg_MANY_CASES)
            list(APPEND labels threads)
        endif()
    endforeach()
    list(REMOVE_DUPLICATES labels)
    list(TRANSFORM arg_DEPENDS PREPEND talea_)
    target_link_libraries(test_${name} PRIVATE ${arg_DEPENDS} ${arg_LIBRARIES} PkgConfig::CMOCKA)
    add_test(NAME ${name} COMMAND test_${name})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} SKIP_RETURN_CODE 77)
    talea_label(${name} test_${name} ${labels})
endfunction()

# talea_integration_test(NAME SCRIPT [LABELS label ...] [TIMEOUT seconds])
#
# A script over the real programs, registered with CTest as integration_NAME under the labels
# `integration` and LABELS; with the label `sanitized` it runs under asan-ubsan too. It finds the
# source in TALEA_SOURCE and the programs in TALEA_BUILD; exit code 77 is a skip.
function(talea_integration_test name script)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "LABELS")
    add_test(NAME integration_${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/${script})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    set_tests_properties(integration_${name} PROPERTIES
        TIMEOUT ${arg_TIMEOUT} SKIP_RETURN_CODE 77
        ENVIRONMENT "TALEA_SOURCE=${CMAKE_SOURCE_DIR};TALEA_BUILD=${CMAKE_BINARY_DIR}")
    talea_label(integration_${name} "" integration ${arg_LABELS})
endfunction()

# talea_fuzz_target(NAME SOURCES ... DEPENDS module ...)
#
# The executable fuzz_NAME of one LLVMFuzzerTestOneInput. With TALEA_FUZZ it is libFuzzer's, and
# tests/fuzz/run runs it. In every build but that it replays tests/fuzz/corpus/NAME and is registered
# with CTest as fuzz_NAME, under the label `unit`.
function(talea_fuzz_target name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS")
    add_executable(fuzz_${name} ${arg_SOURCES})
    target_compile_options(fuzz_${name} PRIVATE ${TALEA_WARNINGS})
    list(TRANSFORM arg_DEPENDS PREPEND talea_)
    target_link_libraries(fuzz_${name} PRIVATE fuzz_common ${arg_DEPENDS})
    if(TALEA_FUZZ)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        return()
    endif()
    target_link_libraries(fuzz_${name} PRIVATE fuzz_replay)
    add_test(NAME fuzz_${name}
        COMMAND fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 120)
    talea_label(fuzz_${name} fuzz_${name} unit)
endfunction()
