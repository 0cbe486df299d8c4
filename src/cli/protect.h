/* Keeps keys out of core dumps and from other processes of this user that would trace us. */
#pragma once

void protect_secrets(void);
