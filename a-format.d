format.o: src/image/format.c src/image/format.h src/util/error.h \
 src/util/cleanup.h src/image/file.h
src/image/format.h:
src/util/error.h:
src/util/cleanup.h:
src/image/file.h:
