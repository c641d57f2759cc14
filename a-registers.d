registers.o: src/image/registers.c src/image/registers.h src/image/arch.h \
 src/util/error.h src/util/cleanup.h
src/image/registers.h:
src/image/arch.h:
src/util/error.h:
src/util/cleanup.h:
