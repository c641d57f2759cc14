cache.o: src/image/cache.c src/image/cache.h src/util/error.h \
 src/util/cleanup.h src/util/map.h
src/image/cache.h:
src/util/error.h:
src/util/cleanup.h:
src/util/map.h:
