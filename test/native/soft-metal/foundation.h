// What the parts of the software Metal share.
#pragma once

#import <Foundation/Foundation.h>

/** Prints `message` and aborts, as Metal's API validation does, unless `condition` holds. */
void softMetalRequire(bool condition, const char *message);

/** Objects that are alive. Constant strings do not count. */
long softMetalLiveObjects();

/** An autoreleased error of Metal. */
NSError *softMetalError(const char *domain, NSInteger code, const char *description);
