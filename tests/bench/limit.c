/* What is left of fan-out when nothing but the sending is left: a server that accepts so many streams and then
 * only calls send() of the same bytes to each socket in turn.
 *
 *     limit SUBSCRIBERS
 *
 * It prints "port N" when it listens and "ready" when SUBSCRIBERS requests were answered. Then each line
 * "FILE FRAMES SECONDS PAUSE" on standard input makes it send the contents of FILE, which hold FRAMES frames, in
 * whole rounds over all sockets until SECONDS have passed, with a pause of PAUSE seconds after each, and print
 * "sent FRAMES WRITES WAITS SECONDS" (a wait: the socket was full, and nothing else was sent until it took the
 * rest; SECONDS without the pauses). It ends with its standard input.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* That of the hub, see hub/serve.py. */
#define SEND_BUFFER (128 * 1024)
#define MOST_SUBSCRIBERS 20000
#define MOST_BYTES (1024 * 1024)
#define MOST_REQUEST 4096

static const char ANSWER[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: text/event-stream\r\n"
                             "Cache-Control: no-store\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n"
                             "9\r\n: ready\n\n\r\n";

static int sockets[MOST_SUBSCRIBERS];
static long waits;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void wait_for(int fd, short what)
{
    struct pollfd one = {.fd = fd, .events = what};
    if (poll(&one, 1, 30000) <= 0)
        fail("nothing happens on a socket");
}

static void send_all(int fd, const char *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t taken = send(fd, bytes + done, length - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (taken >= 0) {
            done += (size_t)taken;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            waits++;
            wait_for(fd, POLLOUT);
        } else if (errno != EINTR) {
            fail("send");
        }
    }
}

/* Reads one request and begins the answer. */
static void answer(int fd)
{
    char request[MOST_REQUEST + 1];
    size_t length = 0;
    do {
        if (length == MOST_REQUEST) {
            fprintf(stderr, "a request of more than %d bytes\n", MOST_REQUEST);
            exit(1);
        }
        ssize_t taken = recv(fd, request + length, MOST_REQUEST - length, 0);
        if (taken <= 0)
            fail("recv");
        length += (size_t)taken;
        request[length] = 0;
    } while (!strstr(request, "\r\n\r\n"));
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    send_all(fd, ANSWER, sizeof ANSWER - 1);
}

static int listening(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int size = SEND_BUFFER;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size))
        fail("socket");
    if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, 2048))
        fail("listen");
    if (getsockname(fd, (struct sockaddr *)&address, &length))
        fail("getsockname");
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static size_t contents(const char *path, char *bytes)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    size_t length = fread(bytes, 1, MOST_BYTES, file);
    fclose(file);
    return length;
}

int main(int argc, char **argv)
{
    static char bytes[MOST_BYTES], line[4096], path[4096];
    int subscribers = argc == 2 ? atoi(argv[1]) : 0;
    if (subscribers < 1 || subscribers > MOST_SUBSCRIBERS) {
        fprintf(stderr, "usage: limit SUBSCRIBERS (at most %d)\n", MOST_SUBSCRIBERS);
        return 2;
    }
    int listener = listening();
    for (int i = 0; i < subscribers; i++) {
        sockets[i] = accept(listener, NULL, NULL);
        if (sockets[i] < 0)
            fail("accept");
        answer(sockets[i]);
    }
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        int frames;
        double seconds, pause;
        if (sscanf(line, "%4095s %d %lf %lf", path, &frames, &seconds, &pause) != 4) {
            fprintf(stderr, "not understood: %s", line);
            return 2;
        }
        size_t length = contents(path, bytes);
        long writes = 0;
        waits = 0;
        double began = now(), took = 0;
        do {
            double round = now();
            for (int i = 0; i < subscribers; i++)
                send_all(sockets[i], bytes, length);
            writes += subscribers;
            took += now() - round;
            if (pause > 0) {
                struct timespec time = {.tv_sec = (time_t)pause, .tv_nsec = (long)((pause - (time_t)pause) * 1e9)};
                nanosleep(&time, NULL);
            }
        } while (now() - began < seconds);
        printf("sent %ld %ld %ld %f\n", writes * frames, writes, waits, took);
        fflush(stdout);
    }
    return 0;
}
