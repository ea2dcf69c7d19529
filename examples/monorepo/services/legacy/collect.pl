#!/usr/bin/perl
# Fetch the files of the old shore loggers and turn them into CSV for ingest.
#
# A logger writes lines of fixed width:  HAV01 20240301 0600 0431
use strict;
use warnings;

my $config  = $ENV{LOGGERS_FILE} || '/etc/collector/loggers.txt';
my $loggers = $ENV{LOGGER_DIR}   || '/var/spool/loggers';
my $spool   = $ENV{SPOOL_DIR}    || '/var/spool/gauges';
my $fetch   = !grep { $_ eq '--no-fetch' } @ARGV;

my $failed = 0;
for my $logger (read_config($config)) {
    my $folder = "$loggers/$logger->{station}";
    mkdir $folder unless -d $folder;
    if ($fetch && !fetch($logger, $folder)) {
        warn "collect: $logger->{station}: nothing fetched from $logger->{source}\n";
        $failed = 1;
    }
    convert($logger->{station}, $_) for sort glob "$folder/*.dat";
}
exit $failed;

sub read_config {
    my ($path) = @_;
    open my $in, '<', $path or die "collect: $path: $!\n";
    my @found;
    while (<$in>) {
        next if /^\s*(#|$)/;
        my ($station, $method, $source) = split;
        die "collect: $path:$.: station, method and source wanted\n" unless defined $source;
        push @found, { station => $station, method => $method, source => $source };
    }
    close $in;
    return @found;
}

sub fetch {
    my ($logger, $folder) = @_;
    my @command =
        $logger->{method} eq 'rsync'
        ? ('rsync', '-a', '--remove-source-files', '--timeout=60', "$logger->{source}/", "$folder/")
        : ('lftp', '-c', "open $logger->{source}; mget -E -O $folder *.dat");
    return system(@command) == 0;
}

# The CSV gets its final name last, so ingest never takes half a file.
sub convert {
    my ($station, $path) = @_;
    my ($name) = $path =~ m{([^/]+)\.dat$};
    my $target = "$spool/$station-$name.csv";
    open my $in,  '<', $path         or die "collect: $path: $!\n";
    open my $out, '>', "$target.new" or die "collect: $target.new: $!\n";
    while (<$in>) {
        s/\s+$//;
        if (/^([A-Z]{3}\d{2}) (\d{4})(\d{2})(\d{2}) (\d{2})(\d{2}) (\d{4})$/) {
            printf {$out} "%s,%s-%s-%sT%s:%s:00Z,%d\n", $1, $2, $3, $4, $5, $6, $7;
        }
        else {
            warn "collect: $path:$.: not a reading: $_\n";
        }
    }
    close $in;
    close $out or die "collect: $target.new: $!\n";
    rename "$target.new", $target or die "collect: $target: $!\n";
    rename $path, "$path.done" or die "collect: $path: $!\n";
}
