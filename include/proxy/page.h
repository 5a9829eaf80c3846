/* page: the page that the admin listener shows, as scripts/embed-page makes it
 * of src/page/page.html when hedgerow is built. */
#ifndef HEDGEROW_PROXY_PAGE_H
#define HEDGEROW_PROXY_PAGE_H

#include <stddef.h>

extern const unsigned char page_bytes[];
extern const size_t page_length;
/* By which a Content-Security-Policy lets its script and its style run:
 * "sha256-...". */
extern const char page_script[], page_style[];

#endif
