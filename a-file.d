file.o: src/image/file.c src/image/file.h src/util/error.h \
 src/util/cleanup.h
src/image/file.h:
src/util/error.h:
src/util/cleanup.h:
