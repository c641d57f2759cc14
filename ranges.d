ranges.o: src/image/ranges.c src/image/ranges.h src/util/vec.h

src/image/ranges.h:

src/util/vec.h:
