flatten.o: src/image/flatten.c src/image/flatten.h src/util/error.h \
  src/util/cleanup.h src/util/progress.h src/image/file.h src/util/map.h \
  src/util/strbuf.h

src/image/flatten.h:

src/util/error.h:

src/util/cleanup.h:

src/util/progress.h:

src/image/file.h:

src/util/map.h:

src/util/strbuf.h:
