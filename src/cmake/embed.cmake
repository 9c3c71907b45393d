# cmake -DINPUT=file -DOUTPUT=file.c -DSYMBOL=name -P embed.cmake
#
# A C source that holds the bytes of a file as `const unsigned char SYMBOL[]` and their count as
# `const unsigned long SYMBOL_length`.
file(READ ${INPUT} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR length "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT} "extern const unsigned char ${SYMBOL}[];
extern const unsigned long ${SYMBOL}_length;
const unsigned char ${SYMBOL}[] = {
${bytes}};
const unsigned long ${SYMBOL}_length = ${length};
")
