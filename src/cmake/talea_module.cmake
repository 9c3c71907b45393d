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

# talea_test(NAME SOURCES ... [DEPENDS module ...] [LIBRARIES target ...] [TIMEOUT seconds])
#
# One cmocka executable, registered with CTest.
function(talea_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;DEPENDS;LIBRARIES")
    add_executable(test_${name} ${arg_SOURCES})
    target_compile_options(test_${name} PRIVATE ${TALEA_WARNINGS})
    list(TRANSFORM arg_DEPENDS PREPEND talea_)
    target_link_libraries(test_${name} PRIVATE ${arg_DEPENDS} ${arg_LIBRARIES} PkgConfig::CMOCKA)
    add_test(NAME ${name} COMMAND test_${name})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()
