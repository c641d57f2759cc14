vmcoreinfo.o: src/image/vmcoreinfo.c src/image/vmcoreinfo.h \
  src/util/error.h src/util/cleanup.h src/util/vec.h

src/image/vmcoreinfo.h:

src/util/error.h:

src/util/cleanup.h:

src/util/vec.h:
